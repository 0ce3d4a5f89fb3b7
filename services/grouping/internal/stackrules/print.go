package stackrules

import (
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/ruletext"
)

// Print writes a rule as Parse reads it. Texts must not have line breaks.
func Print(caller, matchers, callee []ruletext.Matcher, actions []Action) string {
	var parts []string
	neighbour := func(list []ruletext.Matcher) string { return "[ " + join(list) + " ]" }
	if len(caller) > 0 {
		parts = append(parts, neighbour(caller), "|")
	}
	parts = append(parts, join(matchers))
	if len(callee) > 0 {
		parts = append(parts, "|", neighbour(callee))
	}
	for _, action := range actions {
		parts = append(parts, action.String())
	}
	return strings.Join(parts, " ")
}

func join(matchers []ruletext.Matcher) string {
	texts := make([]string, len(matchers))
	for i, m := range matchers {
		texts[i] = m.String()
	}
	return strings.Join(texts, " ")
}

// String writes an action as it is read.
func (a Action) String() string {
	switch a.Key {
	case "app", "group", "prefix", "sentinel":
	default:
		return a.Key + "=" + a.Value
	}
	sign := "-"
	if a.On {
		sign = "+"
	}
	if a.Range != 0 {
		sign = string(a.Range) + sign
	}
	return sign + a.Key
}

// String writes the rule without comments, so that it is read again.
func (r *Rule) String() string {
	return Print(texts(r.Caller), texts(r.Matchers), texts(r.Callee), r.Actions)
}

func texts(matchers []Matcher) []ruletext.Matcher {
	list := make([]ruletext.Matcher, len(matchers))
	for i, m := range matchers {
		list[i] = m.Matcher
	}
	return list
}

// Package fingerprintrules reads and applies fingerprinting rules: `matcher:pattern … -> value, … [title="…"]`. The
// first rule that matches an event replaces its fingerprint.
package fingerprintrules

import (
	_ "embed"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

//go:embed builtin.txt
var builtinText string

var builtin = mustParse(builtinText)

func mustParse(text string) []Rule {
	rules, err := Parse(text)
	if err != nil {
		panic("built-in fingerprinting rules: " + err.Error()) // a test parses them
	}
	for i := range rules {
		rules[i].BuiltIn = true
	}
	return rules
}

// Builtin gives the rules that follow those of every project.
func Builtin() []Rule { return builtin }

// Rule is one rule.
type Rule struct {
	Text        string // as it was written
	Line        int
	BuiltIn     bool
	Fingerprint []string // with variables
	Title       string   // with variables; empty: the event's own
	Matchers    []Matcher
	sources     [sources][]*Matcher
}

// First gives the first rule that matches an event, or nil.
func First(rules []Rule, event *errorevent.Event) *Rule {
	items := itemsOf(event)
	for i := range rules {
		if rules[i].matches(items) {
			return &rules[i]
		}
	}
	return nil
}

// matches: of each source that the rule asks about, one item satisfies all that is asked about it.
func (r *Rule) matches(all items) bool {
	for source, matchers := range r.sources {
		if len(matchers) > 0 && !anyItem(all[source], matchers) {
			return false
		}
	}
	return true
}

func anyItem(list []item, matchers []*Matcher) bool {
	for _, one := range list {
		if satisfies(one, matchers) {
			return true
		}
	}
	return false
}

func satisfies(one item, matchers []*Matcher) bool {
	for _, m := range matchers {
		if m.matches(one) == m.Negated {
			return false
		}
	}
	return true
}

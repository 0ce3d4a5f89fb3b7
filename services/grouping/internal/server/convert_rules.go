package server

import (
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/ruletext"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

func fingerprintRuleText(m *groupingv1.FingerprintRule) string {
	return fingerprintrules.Print(ruleMatchersFromProto(m.GetMatchers()), m.GetFingerprint(), m.GetTitle())
}

func fingerprintRuleToMessage(rule *fingerprintrules.Rule) *groupingv1.FingerprintRule {
	m := &groupingv1.FingerprintRule{Fingerprint: rule.Fingerprint, Title: rule.Title}
	for _, matcher := range rule.Matchers {
		m.Matchers = append(m.Matchers, ruleMatcherToProto(matcher.Matcher))
	}
	return m
}

func stackRuleText(m *groupingv1.StackRule) string {
	actions := make([]stackrules.Action, len(m.GetActions()))
	for i, action := range m.GetActions() {
		if flag := action.GetFlag(); flag != nil {
			actions[i] = stackrules.Action{Key: flag.GetName(), On: flag.GetOn(), Range: rangeOf[flag.GetRange()]}
		} else {
			actions[i] = stackrules.Action{Key: action.GetVariable().GetName(), Value: action.GetVariable().GetValue()}
		}
	}
	return stackrules.Print(ruleMatchersFromProto(m.GetCaller()), ruleMatchersFromProto(m.GetMatchers()),
		ruleMatchersFromProto(m.GetCallee()), actions)
}

var rangeOf = map[groupingv1.FrameRange]byte{
	groupingv1.FrameRange_FRAME_RANGE_LATER: '^', groupingv1.FrameRange_FRAME_RANGE_EARLIER: 'v',
}

func stackRuleToMessage(rule *stackrules.Rule) *groupingv1.StackRule {
	m := &groupingv1.StackRule{}
	for _, part := range []struct {
		from []stackrules.Matcher
		to   *[]*groupingv1.RuleMatcher
	}{{rule.Matchers, &m.Matchers}, {rule.Caller, &m.Caller}, {rule.Callee, &m.Callee}} {
		for _, matcher := range part.from {
			*part.to = append(*part.to, ruleMatcherToProto(matcher.Matcher))
		}
	}
	for _, action := range rule.Actions {
		m.Actions = append(m.Actions, stackActionToProto(action))
	}
	return m
}

func stackActionToProto(a stackrules.Action) *groupingv1.StackAction {
	if a.Value != "" {
		variable := &groupingv1.StackVariable{Name: a.Key, Value: a.Value}
		return &groupingv1.StackAction{Action: &groupingv1.StackAction_Variable{Variable: variable}}
	}
	flag := &groupingv1.StackFlag{Name: a.Key, On: a.On}
	for frames, char := range rangeOf {
		if char == a.Range {
			flag.Range = frames
		}
	}
	return &groupingv1.StackAction{Action: &groupingv1.StackAction_Flag{Flag: flag}}
}

func ruleMatchersFromProto(list []*groupingv1.RuleMatcher) []ruletext.Matcher {
	matchers := make([]ruletext.Matcher, len(list))
	for i, m := range list {
		matchers[i] = ruletext.Matcher{Name: m.GetName(), Pattern: m.GetPattern(), Negated: m.GetNegated()}
	}
	return matchers
}

func ruleMatcherToProto(m ruletext.Matcher) *groupingv1.RuleMatcher {
	return &groupingv1.RuleMatcher{Name: m.Name, Pattern: m.Pattern, Negated: m.Negated}
}

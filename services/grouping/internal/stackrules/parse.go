package stackrules

import "github.com/picket-io/picket/services/grouping/internal/ruletext"

// Parse reads rules, one a line. An error is a *ruletext.Error.
func Parse(text string) ([]Rule, error) {
	var rules []Rule
	err := ruletext.Lines(text, func(line *ruletext.Line) error {
		rule, err := parseRule(line)
		rules = append(rules, rule)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rules, nil
}

func parseRule(line *ruletext.Line) (rule Rule, err error) {
	rule = Rule{Text: line.Text(), Line: line.Number}
	if line.Take("[") {
		if rule.Caller, err = parseNeighbour(line); err != nil {
			return rule, err
		}
		line.Space()
		if !line.Take("|") {
			return rule, line.Errorf("expected | after the caller")
		}
	}
	if rule.Matchers, err = parseMatchers(line); err != nil {
		return rule, err
	}
	if len(rule.Matchers) == 0 {
		return rule, line.Errorf("expected a matcher such as path:**/lib/**")
	}
	if line.Take("|") {
		line.Space()
		if !line.Take("[") {
			return rule, line.Errorf("expected [ before the callee")
		}
		if rule.Callee, err = parseNeighbour(line); err != nil {
			return rule, err
		}
	}
	for line.Space(); !line.Done(); line.Space() {
		action, err := parseAction(line)
		if err != nil {
			return rule, err
		}
		rule.Actions = append(rule.Actions, action)
	}
	if len(rule.Actions) == 0 {
		return rule, line.Errorf("a rule needs an action such as -app")
	}
	return rule, nil
}

// parseNeighbour reads the matchers of a caller or callee, up to the bracket that closes them.
func parseNeighbour(line *ruletext.Line) ([]Matcher, error) {
	before := *line
	matchers, err := parseMatchers(line)
	if err != nil {
		return nil, err
	}
	if len(matchers) == 0 || !line.Take("]") {
		return nil, line.Errorf("expected matchers and ]")
	}
	for _, m := range matchers {
		if isExceptionKey(m.key) {
			return nil, before.Errorf("%s asks about the exception, which is no caller or callee", m.Name)
		}
	}
	return matchers, nil
}

func parseMatchers(line *ruletext.Line) ([]Matcher, error) {
	var matchers []Matcher
	for line.Space(); ; line.Space() {
		before := *line
		m, ok, err := line.Matcher()
		if err != nil {
			return nil, err
		}
		if !ok {
			return matchers, nil
		}
		matcher, problem := newMatcher(m)
		if problem != "" {
			return nil, before.Errorf("%s", problem)
		}
		matchers = append(matchers, matcher)
	}
}

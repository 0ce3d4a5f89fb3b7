package fingerprintrules

import (
	"regexp"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/ruletext"
)

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

func parseRule(line *ruletext.Line) (Rule, error) {
	rule := Rule{Text: line.Text(), Line: line.Number}
	for !line.Take("->") {
		before := *line
		matcher, ok, err := line.Matcher()
		if err != nil {
			return rule, err
		}
		if !ok {
			return rule, line.Errorf("expected a matcher such as type:ValueError, or ->")
		}
		m, known := newMatcher(matcher)
		if !known {
			return rule, before.Errorf("unknown matcher %s", matcher.Name)
		}
		rule.Matchers = append(rule.Matchers, m)
		line.Space()
	}
	if len(rule.Matchers) == 0 {
		return rule, line.Errorf("a rule needs a matcher before ->")
	}
	for i := range rule.Matchers {
		m := &rule.Matchers[i]
		rule.sources[m.source] = append(rule.sources[m.source], m)
	}
	return rule, parseValues(line, &rule)
}

// parseValues reads the fingerprint and the attributes. Commas between them may be left out.
func parseValues(line *ruletext.Line, rule *Rule) error {
	for line.Space(); !line.Done(); line.Space() {
		before := *line
		if name, ok := attribute(line); ok {
			if name != "title" {
				return before.Errorf("unknown attribute %s", name)
			}
			title, quoted, err := line.Quoted()
			if err != nil {
				return err
			}
			if !quoted {
				return line.Errorf("the title stands in double quotes")
			}
			rule.Title = title
		} else {
			value, err := value(line)
			if err != nil {
				return err
			}
			rule.Fingerprint = append(rule.Fingerprint, splitVariables(value)...)
		}
		line.Space()
		line.Take(",")
	}
	if len(rule.Fingerprint) == 0 {
		return line.Errorf("a rule needs a value after ->")
	}
	return nil
}

// attribute reads `name=` where a quote follows.
func attribute(line *ruletext.Line) (name string, ok bool) {
	before := *line
	name = line.Word(ruletext.IsKey)
	if name != "" && strings.HasPrefix(line.Rest(), `="`) {
		line.Skip(1)
		return name, true
	}
	*line = before
	return "", false
}

var variable = regexp.MustCompile(`\{\{\s*\S+?\s*\}\}`)

func value(line *ruletext.Line) (string, error) {
	text, quoted, err := line.Quoted()
	if quoted || err != nil {
		return text, err
	}
	var out strings.Builder
	for !line.Done() {
		rest := line.Rest()
		if at := variable.FindStringIndex(rest); at != nil && at[0] == 0 {
			out.WriteString(rest[:at[1]])
			line.Skip(at[1])
			continue
		}
		if strings.IndexByte(" \t,", rest[0]) >= 0 {
			break
		}
		out.WriteByte(rest[0])
		line.Skip(1)
	}
	if out.Len() == 0 {
		return "", line.Errorf("expected a value")
	}
	return out.String(), nil
}

// splitVariables makes parts of their own of the variables in a value, because only a whole part is replaced.
func splitVariables(value string) []string {
	var parts []string
	for {
		at := variable.FindStringIndex(value)
		if at == nil {
			break
		}
		if at[0] > 0 {
			parts = append(parts, value[:at[0]])
		}
		parts = append(parts, value[at[0]:at[1]])
		value = value[at[1]:]
	}
	if value != "" || len(parts) == 0 {
		parts = append(parts, value)
	}
	return parts
}

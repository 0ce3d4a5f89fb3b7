package ruletext

import "strings"

// Matcher is `name:pattern`, or `!name:pattern` for the opposite.
type Matcher struct {
	Name, Pattern string
	Negated       bool
}

// Matcher reads a matcher. Name and pattern may be quoted; a pattern without quotes ends at white space. ok is false
// when no matcher is next.
func (l *Line) Matcher() (m Matcher, ok bool, err error) {
	start := l.at
	m.Negated = l.Take("!")
	name, quoted, err := l.Quoted()
	if err != nil {
		return m, false, err
	}
	if !quoted {
		name = l.Word(IsKey)
	}
	if name == "" || !l.Take(":") {
		if m.Negated || quoted {
			l.at = start
			return m, false, l.Errorf("expected a matcher such as path:**/lib/**")
		}
		l.at = start
		return m, false, nil
	}
	m.Name = name
	pattern, quoted, err := l.Quoted()
	if err != nil {
		return m, false, err
	}
	if !quoted {
		pattern = l.Word(func(c byte) bool { return c != ' ' && c != '\t' })
		if pattern == "" {
			return m, false, l.Errorf("the matcher %s has no pattern", name)
		}
	}
	m.Pattern = pattern
	return m, true, nil
}

// String writes a matcher so that it is read again.
func (m Matcher) String() string {
	var out strings.Builder
	if m.Negated {
		out.WriteByte('!')
	}
	out.WriteString(quoteUnless(m.Name, IsKey))
	out.WriteByte(':')
	out.WriteString(quoteUnless(m.Pattern, func(c byte) bool { return c > ' ' && c != '"' }))
	return out.String()
}

func quoteUnless(text string, plain func(byte) bool) string {
	for i := range len(text) {
		if !plain(text[i]) {
			return Quote(text)
		}
	}
	if text == "" {
		return Quote(text)
	}
	return text
}

// Quote puts a text into double quotes.
func Quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

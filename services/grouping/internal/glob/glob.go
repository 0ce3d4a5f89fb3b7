// Package glob matches the patterns of grouping rules: `*`, `?` and `[…]`, with `\` before a character that stands for
// itself. The time is linear in the text, whatever the pattern.
package glob

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Pattern is a compiled pattern.
type Pattern struct {
	literal    string         // the whole text, when nothing in the pattern is special
	expression *regexp.Regexp // nil for a literal
	part       string         // a text that every match contains; it is looked for first, because that is fast
}

// Compile compiles a pattern whose `*` crosses everything.
func Compile(pattern string) Pattern { return compile(pattern, `.*`) }

// CompilePath compiles a pattern for paths: `*` stays within a part of the path, `**` crosses parts.
func CompilePath(pattern string) Pattern { return compile(pattern, `[^/]*`) }

func compile(pattern, star string) Pattern {
	c := compiler{star: star}
	for rest := pattern; rest != ""; {
		rest = c.next(rest)
	}
	if !c.special {
		return Pattern{literal: c.part.String()}
	}
	c.endPart()
	expression, err := regexp.Compile(`(?s)\A(?:` + c.out.String() + `)\z`)
	if err != nil { // a range from z to a, or more than the regexp package takes: only the pattern's own text matches
		return Pattern{literal: pattern}
	}
	return Pattern{expression: expression, part: c.longest}
}

// Match tells whether the whole text matches.
func (p Pattern) Match(text string) bool {
	if p.expression == nil {
		return text == p.literal
	}
	return strings.Contains(text, p.part) && p.expression.MatchString(text)
}

type compiler struct {
	star    string
	out     strings.Builder
	part    strings.Builder // of literal text
	longest string
	special bool
}

func (c *compiler) next(rest string) string {
	switch rest[0] {
	case '*':
		n := len(rest) - len(strings.TrimLeft(rest, "*"))
		if n > 1 {
			c.write(`.*`)
		} else {
			c.write(c.star)
		}
		return rest[n:]
	case '?':
		c.write(`.`)
		return rest[1:]
	case '[':
		if class, n := readClass(rest); n > 0 {
			c.write(class)
			return rest[n:]
		}
	case '\\':
		if len(rest) > 1 {
			rest = rest[1:]
		}
	}
	r, size := utf8.DecodeRuneInString(rest)
	c.part.WriteString(rest[:size])
	c.out.WriteString(quote(r))
	return rest[size:]
}

func (c *compiler) write(special string) {
	c.endPart()
	c.special = true
	c.out.WriteString(special)
}

func (c *compiler) endPart() {
	if c.part.Len() > len(c.longest) {
		c.longest = c.part.String()
	}
	c.part.Reset()
}

// readClass reads `[abc]`, `[a-z]` or `[!abc]`; n is 0 when it is not closed or empty.
func readClass(pattern string) (class string, n int) {
	end := strings.IndexByte(pattern, ']')
	content := pattern[1:max(end, 1)]
	negated := strings.HasPrefix(content, "!") || strings.HasPrefix(content, "^")
	if negated {
		content = content[1:]
	}
	if content == "" {
		return "", 0
	}
	var out strings.Builder
	out.WriteByte('[')
	if negated {
		out.WriteByte('^')
	}
	for i, r := range content {
		if r == '-' && i > 0 && i < len(content)-1 {
			out.WriteByte('-')
		} else {
			out.WriteString(quote(r))
		}
	}
	out.WriteByte(']')
	return out.String(), end + 1
}

func quote(r rune) string { return fmt.Sprintf(`\x{%x}`, r) }

package searchquery

import "strings"

// Pattern is a text with wildcards as it was written: an asterisk stands for any run of characters, newlines
// included, and a backslash takes away the meaning of the character after it.
type Pattern string

// isPattern reports whether a text has a wildcard: an asterisk after an even number of backslashes.
func isPattern(s string) bool {
	escaped := false
	for i := range len(s) {
		switch {
		case s[i] == '*' && !escaped:
			return true
		case s[i] == '\\':
			escaped = !escaped
		default:
			escaped = false
		}
	}
	return false
}

// unescape reads a text without wildcards, where a backslash means something only before an asterisk.
func unescape(s string) String { return String(strings.ReplaceAll(s, `\*`, `*`)) }

// escape is the inverse of unescape.
func escape(s String) string { return strings.ReplaceAll(string(s), `*`, `\*`) }

// Segments are the literal texts between the wildcards. The first and the last are anchored to the ends of the
// matched text and are empty when the pattern begins or ends with a wildcard: `foo*` has the segments "foo" and "",
// `*foo*` has "", "foo" and "". There are at least two; only the first and the last may be empty.
func (p Pattern) Segments() []string {
	var segments []string
	var literal strings.Builder
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			literal.WriteByte(p[i])
		case p[i] == '*':
			if len(segments) == 0 || literal.Len() > 0 {
				segments = append(segments, literal.String())
			}
			literal.Reset()
		default:
			literal.WriteByte(p[i])
		}
	}
	return append(segments, literal.String())
}

// Match reports whether the whole of s matches.
func (p Pattern) Match(s string, foldCase bool) bool {
	return matchSegments(p.Segments(), s, foldCase)
}

// MatchWithin reports whether a part of s matches.
func (p Pattern) MatchWithin(s string, foldCase bool) bool {
	segments := append([]string{""}, p.Segments()...)
	return matchSegments(append(segments, ""), s, foldCase)
}

// matchSegments takes each inner segment where it first occurs: a later occurrence would leave less for the next.
func matchSegments(segments []string, s string, foldCase bool) bool {
	fold := func(s string) string {
		if foldCase {
			return strings.ToLower(s)
		}
		return s
	}
	last := len(segments) - 1
	rest, ok := strings.CutPrefix(fold(s), fold(segments[0]))
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, fold(segments[last]))
	if !ok {
		return false
	}
	for _, segment := range segments[1:last] {
		if _, rest, ok = strings.Cut(rest, fold(segment)); !ok {
			return false
		}
	}
	return true
}

package searchquery

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says why a query was refused.
type Error struct {
	Column     int    // where, in characters from 1
	Message    string // what is wrong
	Found      string // the text there, empty at the end of the query
	Expected   string // what may stand there
	Suggestion string // a text that may have been meant, or empty
}

// Error puts the parts into one sentence.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "column %d: %s", e.Column, e.Message)
	if e.Found != "" {
		fmt.Fprintf(&b, "; found %q", e.Found)
	}
	if e.Expected != "" {
		fmt.Fprintf(&b, "; expected %s", e.Expected)
	}
	if e.Suggestion != "" {
		fmt.Fprintf(&b, "; did you mean %q?", e.Suggestion)
	}
	return b.String()
}

// column counts the characters before a byte offset, from 1.
func column(text string, pos int) int { return utf8.RuneCountInString(text[:pos]) + 1 }

// excerpt keeps errors short when a value is long.
func excerpt(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

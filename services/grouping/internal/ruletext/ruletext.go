// Package ruletext reads the text form of grouping rules, one rule a line, and says where it cannot.
package ruletext

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a text of rules, and where.
type Error struct {
	Line, Column int // from 1; columns count characters
	Near         string
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s near %q", e.Line, e.Column, e.Message, e.Near)
}

// Lines calls read with each line that is neither blank nor a comment, with its number, and stops at the first error.
func Lines(text string, read func(*Line) error) error {
	number := 0
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		number++
		l := &Line{text: line, Number: number}
		l.Space()
		if l.Done() {
			continue
		}
		if err := read(l); err != nil {
			return err
		}
		l.Space()
		if !l.Done() {
			return l.Errorf("unexpected text")
		}
	}
	return nil
}

// Line is a line that is read from left to right.
type Line struct {
	Number int
	text   string
	at     int
}

// Text is the whole line, without the space around it.
func (l *Line) Text() string { return strings.Trim(l.text, " \t") }

// Done tells whether nothing is left but a comment.
func (l *Line) Done() bool { return l.at == len(l.text) || l.text[l.at] == '#' }

// Space skips spaces and tabs.
func (l *Line) Space() {
	for l.at < len(l.text) && (l.text[l.at] == ' ' || l.text[l.at] == '\t') {
		l.at++
	}
}

// Rest is what was not read yet.
func (l *Line) Rest() string { return l.text[l.at:] }

// Skip goes on by n bytes.
func (l *Line) Skip(n int) { l.at += n }

// Take skips a text if it is next, and says whether it was.
func (l *Line) Take(text string) bool {
	if !strings.HasPrefix(l.Rest(), text) {
		return false
	}
	l.at += len(text)
	return true
}

// Word reads the longest run of bytes of which each satisfies is.
func (l *Line) Word(is func(byte) bool) string {
	start := l.at
	for l.at < len(l.text) && is(l.text[l.at]) {
		l.at++
	}
	return l.text[start:l.at]
}

// Quoted reads a text in double quotes, in which a backslash stands before a quote or a backslash that is meant. ok is
// false when none is next.
func (l *Line) Quoted() (text string, ok bool, err error) {
	if !strings.HasPrefix(l.Rest(), `"`) {
		return "", false, nil
	}
	var out strings.Builder
	for i := l.at + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '"':
			l.at = i + 1
			return out.String(), true, nil
		case c == '\\' && i+1 < len(l.text) && (l.text[i+1] == '"' || l.text[i+1] == '\\'):
			i++
			out.WriteByte(l.text[i])
		default:
			out.WriteByte(c)
		}
	}
	return "", false, l.Errorf("a quote that is not closed")
}

// Errorf makes an error about what comes next.
func (l *Line) Errorf(format string, args ...any) error {
	const shown = 20
	near := l.Rest()
	if utf8.RuneCountInString(near) > shown {
		near = string([]rune(near)[:shown])
	}
	return &Error{
		Line: l.Number, Column: utf8.RuneCountInString(l.text[:l.at]) + 1, Near: near, Message: fmt.Sprintf(format, args...),
	}
}

// IsKey tells whether a byte may be in the name of a matcher or an attribute.
func IsKey(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '-'
}

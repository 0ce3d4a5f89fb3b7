package searchquery

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextValueTellsWildcardsFromEscapes(t *testing.T) {
	for _, tt := range []struct {
		written string
		want    Value
	}{
		{`foo`, String(`foo`)},
		{`foo*bar`, Pattern(`foo*bar`)},
		{`foo\*bar`, String(`foo*bar`)},
		{`foo\\*bar`, Pattern(`foo\\*bar`)},
		{`foo\\\*bar`, String(`foo\\*bar`)},
		{`foo\bar`, String(`foo\bar`)},
		{`\**`, Pattern(`\**`)},
		{`*`, Pattern(`*`)},
		{`\\`, String(`\\`)},
	} {
		if got := textValue(tt.written); got != tt.want {
			t.Errorf("%s: got %#v, want %#v", tt.written, got, tt.want)
		}
	}
}

func TestPatternSegments(t *testing.T) {
	for pattern, want := range map[Pattern][]string{
		`foo*`:       {"foo", ""},
		`*foo`:       {"", "foo"},
		`*foo*`:      {"", "foo", ""},
		`*`:          {"", ""},
		`***`:        {"", ""},
		`a**b`:       {"a", "b"},
		`*\**`:       {"", "*", ""},
		`\\*foo`:     {`\`, "foo"},
		`foo\\*bar`:  {`foo\`, "bar"},
		`a\b*`:       {"ab", ""},
		`*\`:         {"", `\`},
		`.+?[a]*$`:   {".+?[a]", "$"},
		`ä*ö`:        {"ä", "ö"},
		`*\ä`:        {"", "ä"},
		`a*b*c\*d*e`: {"a", "b", "c*d", "e"},
	} {
		if diff := cmp.Diff(want, pattern.Segments()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

func TestPatternMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern             Pattern
		text                string
		fold, whole, within bool
	}{
		{`foo*`, "foobar", false, true, true},
		{`foo*`, "foo", false, true, true},
		{`foo*`, "a foo", false, false, true},
		{`*foo`, "a foo", false, true, true},
		{`*foo`, "foo b", false, false, true},
		{`a*b`, "ab", false, true, true},
		{`a*b`, "a", false, false, false},
		{`ab*ba`, "aba", false, false, false},
		{`a*b*c`, "abbc", false, true, true},
		{`a*bc*c`, "abc", false, false, false},
		{`a*b`, "a\nb", false, true, true},
		{`*`, "", false, true, true},
		{`.*`, "xa", false, false, false},
		{`Foo*`, "fOOd", true, true, true},
		{`Foo*`, "fOOd", false, false, false},
		{`ÄPFEL*`, "äpfel", true, true, true},
		{`*\**`, "a*b", false, true, true},
		{`*\**`, "ab", false, false, false},
		{`b*d`, "abcde", false, false, true},
	} {
		if got := tt.pattern.Match(tt.text, tt.fold); got != tt.whole {
			t.Errorf("%q matches %q: %v", tt.pattern, tt.text, got)
		}
		if got := tt.pattern.MatchWithin(tt.text, tt.fold); got != tt.within {
			t.Errorf("%q matches within %q: %v", tt.pattern, tt.text, got)
		}
	}
}

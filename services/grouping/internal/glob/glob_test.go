package glob_test

import (
	"testing"

	"github.com/picket-io/picket/services/grouping/internal/glob"
)

func TestPatternsMatchWholeTexts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, text string
		plain, path   bool
	}{
		{"abc", "abc", true, true},
		{"abc", "abcd", false, false},
		{"", "", true, true},
		{"", "a", false, false},
		{"*", "", true, true},
		{"*", "a/b", true, false},
		{"**", "a/b", true, true},
		{"a*c", "a/b/c", true, false},
		{"**/node_modules/**", "/app/node_modules/x/y.js", true, true},
		{"**/node_modules/**", "node_modules/x.js", false, false},
		{"/usr/*/x", "/usr/lib/x", true, true},
		{"/usr/*/x", "/usr/lib/a/x", true, false},
		{"a?c", "aéc", true, true},
		{"[a-c]x", "bx", true, true},
		{"[!a-c]x", "bx", false, false},
		{"[z-a]", "[z-a]", true, true},
		{"[", "[", true, true},
		{"[]", "[]", true, true},
		{`\*`, "*", true, true},
		{`\*`, "a", false, false},
		{`a\`, `a\`, true, true},
		{"a.c", "abc", false, false},
		{"line*", "line\nbreak", true, true},
	}
	for _, c := range cases {
		if got := glob.Compile(c.pattern).Match(c.text); got != c.plain {
			t.Errorf("%q matches %q: %v", c.pattern, c.text, got)
		}
		if got := glob.CompilePath(c.pattern).Match(c.text); got != c.path {
			t.Errorf("%q matches the path %q: %v", c.pattern, c.text, got)
		}
	}
}

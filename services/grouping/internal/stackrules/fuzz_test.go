package stackrules_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/picket-io/picket/services/grouping/internal/ruletext"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// FuzzParse: what is read, is read again from its own text; what is not, is told with a place within the text.
func FuzzParse(f *testing.F) {
	f.Add(`[ module:a ] | path:**/x/** !app:yes | [ function:"a b" ] ^-group v+app max-frames=3 category=x # why`)
	f.Add("# a comment\n\n")
	cases, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(cases)) {
		text, _, _ := strings.Cut(line, " => ")
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := stackrules.Parse(text)
		var place *ruletext.Error
		switch {
		case errors.As(err, &place):
			if place.Line < 1 || place.Column < 1 || place.Line > 1+strings.Count(text, "\n")+strings.Count(text, "\r") {
				t.Errorf("%q is refused at %d:%d", text, place.Line, place.Column)
			}
		case err != nil:
			t.Errorf("%q is refused without a place: %v", text, err)
		}
		for _, rule := range rules {
			if again, err := stackrules.Parse(rule.Text); err != nil || len(again) != 1 {
				t.Errorf("the rule %q is not read again: %v", rule.Text, err)
			}
			again, err := stackrules.Parse(rule.String())
			if err != nil || len(again) != 1 || again[0].String() != rule.String() || !sameMeaning(again[0], rule) {
				t.Errorf("the rule %q is written as %q, which is read as %+v: %v", rule.Text, rule.String(), again, err)
			}
		}
	})
}

func sameMeaning(a, b stackrules.Rule) bool {
	same := func(x, y stackrules.Matcher) bool { return x.Matcher == y.Matcher }
	return slices.EqualFunc(a.Matchers, b.Matchers, same) && slices.EqualFunc(a.Caller, b.Caller, same) &&
		slices.EqualFunc(a.Callee, b.Callee, same) && slices.Equal(a.Actions, b.Actions)
}

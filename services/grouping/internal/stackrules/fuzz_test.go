package stackrules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/picket-io/picket/services/grouping/internal/ruletext"
	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// FuzzParse: what is read, is read again from its own text; what is not, is told with a place within the text.
func FuzzParse(f *testing.F) {
	f.Add(`[ module:a ] | path:**/x/** !app:yes | [ function:"a b" ] ^-group v+app max-frames=3 category=x # why`)
	f.Add("# a comment\n\n")
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
		}
	})
}

package searchquery

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

func TestHintsNameFieldsThatTagsMayBeMeantToBe(t *testing.T) {
	t.Parallel()
	table := fields.Issues()
	for query, want := range map[string][]string{
		"is:unresolved asigned:me": {`column 15: asigned is the key of a tag; did you mean "assigned"?`},
		"NOT (lvel:error OR timeSeen:>5)": {
			`column 6: lvel is the key of a tag; did you mean "level"?`, `column 20: timeSeen is the key of a tag; did you mean "timesSeen"?`,
		},
		"has:user_id":                           {`column 1: user_id is the key of a tag; did you mean "user.id"?`},
		"level:errror":                          {`column 1: errror is no usual level; expected one of fatal, error, warning, info, debug, sample; did you mean "error"?`},
		"!level:[error, x]":                     {`column 1: x is no usual level; expected one of fatal, error, warning, info, debug, sample`},
		"browser:[Chrome, Firefox":              {"column 1: [Chrome, is a text; a list is written browser:[a, b], without spaces inside the brackets"},
		"title:[ a ]":                           {"column 1: [ is a text; a list is written title:[a, b], without spaces inside the brackets"},
		"title:[a, b] level:err* has:level":     nil,
		"tags[asigned]:me":                      nil,
		"level:error browser:Chrome customer:5": nil,
		"assigned:me dist:7 measurements.lcp:5": nil,
		"env:prod":                              nil, // not `end`, which no query may ask for
		"asigned":                               nil,
	} {
		tree, err := Parse(query, table)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, Hints(tree, table)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

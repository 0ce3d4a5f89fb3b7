package hashing_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
	"github.com/picket-io/picket/services/grouping/internal/fingerprintrules"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
)

// TestTitlesAreThoseOfTheFile describes the events of testdata/titles.json.
func TestTitlesAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/titles.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Rule, Platform, Transaction, Rules, Title, Culprit string
		Event                                              map[string]any
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		rules, err := fingerprintrules.Parse(c.Rules)
		if err != nil {
			t.Fatal(err)
		}
		event := errorevent.Decode(c.Event, c.Platform)
		event.Transaction = c.Transaction
		ruleTitle := hashing.Compute(&event, hashing.NewRules(rules, nil), hashing.First).Title
		if got := hashing.Describe(&event, ruleTitle); got.Title != c.Title || got.Culprit != c.Culprit {
			t.Errorf("%s: title %q, culprit %q; want %q, %q", c.Rule, got.Title, got.Culprit, c.Title, c.Culprit)
		}
	}
	if len(cases) == 0 {
		t.Error("the file has no cases")
	}
}

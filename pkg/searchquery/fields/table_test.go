package fields

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookupKnowsNamesAliasesAndFamilies(t *testing.T) {
	table := Issues()
	for _, tt := range []struct {
		key   string
		want  Field
		known bool
	}{
		{"assigned", Field{Name: "assigned_to", Aliases: []string{"assigned"}}, true},
		{"assigned_to", Field{Name: "assigned_to", Aliases: []string{"assigned"}}, true},
		{"timesSeen", Field{Name: "times_seen", Aliases: []string{"timesSeen"}, Kind: Number, TopLevel: true}, true},
		{"dist", Field{Name: "sentry:dist", Aliases: []string{"dist"}, Wildcards: true, Tag: true}, true},
		{"measurements.lcp", Field{Name: "measurements.lcp", Kind: Duration}, true},
		{"measurements.cls", Field{Name: "measurements.cls", Kind: Number}, true},
		{"spans.db", Field{Name: "spans.db", Kind: Duration}, true},
		{"spans.", Field{Name: "spans.", Wildcards: true, Tag: true}, false},
		{"level", Field{Name: "level", Wildcards: true, Tag: true}, false},
		{"Assigned", Field{Name: "Assigned", Wildcards: true, Tag: true}, false},
	} {
		got, known := table.Lookup(tt.key)
		if diff := cmp.Diff(tt.want, got); diff != "" || known != tt.known {
			t.Errorf("%s: known %v (-want +got):\n%s", tt.key, known, diff)
		}
	}
}

func TestNewRefusesTwoFieldsOfOneKey(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(Refuse, nil, Field{Name: "a"}, Field{Name: "b", Aliases: []string{"a"}})
}

func TestNearestTakesTheFewestEdits(t *testing.T) {
	for word, want := range map[string]string{
		"unresovled": "unresolved",
		"asigned":    "assigned",
		"Resolved":   "resolved",
		"for-review": "for_review",
		"banana":     "",
		"":           "",
	} {
		if got := Nearest(word, Issues().Flags()); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
	if got := Nearest("timeSeen", Issues().Keys()); got != "timesSeen" {
		t.Errorf("got %q", got)
	}
}

func TestChoicesOfFlagsAgreeWithTheirFields(t *testing.T) {
	table := Issues()
	for _, name := range table.Flags() {
		flag, _ := table.Flag(name)
		field, known := table.Lookup(flag.Key)
		if known && !slices.Contains(field.Choices, Choice{name, flag.Number}) {
			t.Errorf("is:%s is no choice of %s", name, flag.Key)
		}
	}
}

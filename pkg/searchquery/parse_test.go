package searchquery

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

func TestFiltersTellWhereTheyBegin(t *testing.T) {
	n, err := Parse(`  née (level:é OR NOT !has:user)`, fields.Issues())
	if err != nil {
		t.Fatal(err)
	}
	want := And{
		&FreeText{Value: String("née"), Column: 3},
		Or{
			&Filter{Key: "level", Name: "level", Tag: true, Op: Equal, Value: String("é"), Column: 8},
			Not{&Filter{Key: "user", Name: "user", Op: Equal, Value: String(""), Column: 23}},
		},
	}
	if diff := cmp.Diff(Node(want), n); diff != "" {
		t.Error(diff)
	}
}

func TestWalkVisitsInTheOrderOfTheText(t *testing.T) {
	n, err := Parse(`a:1 (b:2 OR NOT (c:3 d:4)) e:5`, fields.Issues())
	if err != nil {
		t.Fatal(err)
	}
	var all, outsideNot []string
	visit := func(keys *[]string, into bool) func(Node) bool {
		return func(n Node) bool {
			if f, ok := n.(*Filter); ok {
				*keys = append(*keys, f.Key)
			}
			_, isNot := n.(Not)
			return into || !isNot
		}
	}
	Walk(n, visit(&all, true))
	Walk(n, visit(&outsideNot, false))
	if got := strings.Join(all, " "); got != "a b c d e" {
		t.Errorf("visited %s", got)
	}
	if got := strings.Join(outsideNot, " "); got != "a b e" {
		t.Errorf("outside NOT visited %s", got)
	}
}

func TestRelativeDatesAreBeforeNow(t *testing.T) {
	now := time.Date(2024, 3, 1, 12, 30, 0, 5000, time.UTC)
	for query, want := range map[string]time.Time{
		"age:-24h":         time.Date(2024, 2, 29, 12, 30, 0, 5000, time.UTC),
		"age:+90m":         time.Date(2024, 3, 1, 11, 0, 0, 5000, time.UTC),
		"age:-1w":          time.Date(2024, 2, 23, 12, 30, 0, 5000, time.UTC),
		"age:-60d":         time.Date(2024, 1, 1, 12, 30, 0, 5000, time.UTC),
		"age:-0m":          now,
		"age:+999999999d":  {},
		"age:-1000000000h": {},
	} {
		n, err := Parse(query, fields.Issues())
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		filter, _ := n.(*Filter)
		date, ok := filter.Value.(RelativeDate)
		if got := date.At(now); !ok || !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
}

func TestPercentagesAreRatios(t *testing.T) {
	table := fields.New(fields.Refuse, nil, fields.Field{Name: "failures", Kind: fields.Percentage})
	for query, want := range map[string]string{
		"failures:>12.5%":  "failures:>0.125",
		"failures:0.5":     "failures:0.5",
		"failures:1k":      "failures:1000",
		"failures:[1%,2%]": "failures:[0.01, 0.02]",
	} {
		n, err := Parse(query, table)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if n.String() != want {
			t.Errorf("%s: got %s, want %s", query, n, want)
		}
		assertRoundTrip(t, n, table)
	}
}

func TestParseKeepsItsLimits(t *testing.T) {
	table := fields.Issues()
	list := func(n int) string { return "a:[" + strings.Repeat("x,", n-1) + "x]" }
	nested := func(n int) string { return strings.Repeat("(", n) + "a:1 OR b:1" + strings.Repeat(")", n) }
	for _, tt := range []struct {
		name, within, beyond, message string
		column                        int
	}{
		{"bytes", strings.Repeat("a", MaxBytes), strings.Repeat("a", MaxBytes+1), "4097 bytes", 1},
		{"depth", nested(MaxDepth), nested(MaxDepth + 1), "too deep", MaxDepth + 1},
		{"nots", strings.Repeat("NOT ", MaxDepth) + "a:1", strings.Repeat("NOT ", MaxDepth+1) + "a:1", "too deep", 4*MaxDepth + 1},
		{"filters", strings.Repeat("a:1 ", MaxFilters), strings.Repeat("a:1 ", MaxFilters+1), "too many filters", 4*MaxFilters + 1},
		{"texts", strings.Repeat(`"a"`, MaxFilters), strings.Repeat(`"a"`, MaxFilters+1), "too many filters", 3*MaxFilters + 1},
		{"items", list(MaxListItems), list(MaxListItems + 1), "too many values", 4 + 2*MaxListItems},
		{"number", "timesSeen:1" + strings.Repeat("0", 308), "timesSeen:1" + strings.Repeat("0", 309), "too large", 11},
		{"encoding", "a\uFFFDb", "a\xFFb", "UTF-8", 2},
		{"zero bytes", "a", "a\x00b", "zero bytes", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.within, table); err != nil {
				t.Error(err)
			}
			_, err := Parse(tt.beyond, table)
			var refused *Error
			if !errors.As(err, &refused) {
				t.Fatalf("got %v", err)
			}
			if refused.Column != tt.column || !strings.Contains(refused.Message, tt.message) {
				t.Errorf("got column %d, %q", refused.Column, refused.Message)
			}
		})
	}
}

// tooLong is more than any work takes that does not grow out of proportion, also on a busy machine.
const tooLong = 20 * time.Second

// Each text makes the lexer look ahead as far as it can, as often as it can. Work that grew with the cube of the
// length would take minutes.
func TestParseDoesNotStallOnLongLookAhead(t *testing.T) {
	for _, piece := range []string{
		`a (`, `a(`, `a:[x,`, `NOT `, `"a`, `a"`, `"\"`, `x:"\"`, `f("`, `a:(`, `tags[`, `tags["`, `!`, `(`, `a:[[`, `a:\*`, `()`, `a*`,
	} {
		text := strings.Repeat(piece, MaxBytes/len(piece))
		start := time.Now()
		for _, end := range []string{"", "x:1", ")", `"`} {
			if len(text)+len(end) <= MaxBytes {
				_, _ = Parse(text+end, fields.Issues())
			}
		}
		if took := time.Since(start); took > tooLong {
			t.Errorf("%q repeated took %v", piece, took)
		}
	}
}

package store

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

var update = flag.Bool("update", false, "write the snapshots of SQL anew")

func TestSQLIsAsReviewed(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	scope := Scope{OrganizationID: 1, From: at.Add(-time.Hour), To: at}
	narrow := scope
	narrow.ProjectIDs, narrow.Environments = []int64{1, 2}, []string{"production"}
	queries := func(texts ...string) []Query {
		var all []Query
		for _, text := range texts {
			tree, err := searchquery.Parse(text, fields.Spans())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, Query{Tree: tree, Now: at, ProjectIDs: map[string]int64{"shop": 1}})
		}
		return all
	}
	after := &Matched{TraceID: traces.TraceID{1}, At: at}
	describe := Describe{Scope: scope, TraceIDs: []traces.TraceID{{1}, {2}}}
	filtered := describe
	filtered.Queries = queries("span.op:db", "")

	var b strings.Builder
	snapshot := func(name, text string, args []any) {
		fmt.Fprintf(&b, "-- %s\n%s;\n", name, text)
		for i, arg := range args {
			fmt.Fprintf(&b, "--   $%d = %v\n", i+1, arg)
		}
		b.WriteByte('\n')
	}
	match := func(name string, m Match) {
		text, args := matchTraces(m)
		snapshot(name, text, args)
	}
	match("newest first", Match{Scope: scope, Limit: 10})
	match("oldest first, a later page of some projects and environments", Match{Scope: narrow, Order: Oldest, After: after, Limit: 10})
	match("one query", Match{Scope: scope, Queries: queries("span.op:db span.duration:>1s"), Limit: 10})
	match("several queries, a later page", Match{Scope: scope, Queries: queries("span.op:db", "", "!color:blue"), After: after, Limit: 10})
	match("every kind of filter", Match{Scope: scope, Limit: 10, Queries: queries(
		`a (project:shop OR !span.status:[ok,cancelled]) NOT is_transaction:true timestamp:-1d measurements.lcp:>1 ` +
			`parent_span:"" id:00000000000000aa trace:000000000000000000000000000000aa color:b*_ flag:true weight:[1,x] !has:shape`,
	)})
	match("longest first, a later page", Match{Scope: narrow, Order: Longest, Queries: queries("span.op:db"), After: after, Limit: 10})
	text, args := countSpans(filtered)
	snapshot("counts", text, args)
	text, args = listSegments(describe, 100)
	snapshot("segments", text, args)

	text, args = listSpans(List{
		Scope: scope, TraceID: traces.TraceID{1}, Queries: queries("span.op:db", "color:blue"), Limit: 10,
		Sort: []SortKey{{Field: "span.duration", Descending: true}}, After: []string{"5", "1", "6", `\x00000000000000aa`, "1"},
	})
	snapshot("spans of a trace, a later page", text, args)

	const file = "testdata/snapshots.sql"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("go test ./services/traces/internal/store -update, and review:\n%s", diff)
	}
}

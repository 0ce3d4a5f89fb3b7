package store

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/search/internal/search"
)

var update = flag.Bool("update", false, "write the snapshots instead of comparing with them")

var now = time.Date(2026, time.June, 15, 12, 0, 0, 0, time.UTC)

func query(t *testing.T, text string, sort search.Sort, environments ...string) search.Query {
	t.Helper()
	tree, err := searchquery.Parse(text, fields.Issues(fields.Choice{Name: "error", Number: 1}))
	if err != nil {
		t.Fatal(err)
	}
	return search.Query{
		Scope: search.Scope{Projects: []search.Project{{ID: 1, Slug: "backend"}, {ID: 2, Slug: "web"}}, Environments: environments, OrganizationID: 1, Caller: "user:1"},
		Tree:  tree, Window: search.Window{Start: now.Add(-time.Hour), End: now}, Now: now, Sort: sort,
	}
}

// wide is a query over 30 days until a minute from now.
func wide(q search.Query) search.Query {
	q.Window = search.Window{Start: now.AddDate(0, 0, -30), End: now.Add(time.Minute)}
	return q
}

// Each shape of query has its SQL in testdata, with its arguments below it.
func TestSQLOfPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query search.Query
		from  *Cursor
	}{
		"page_default":      {query: query(t, search.DefaultQuery, search.ByDate)},
		"page_empty":        {query: query(t, "", search.ByNew)},
		"page_environments": {query: query(t, "firstRelease:1.0 NOT age:-1d !firstRelease:[1.1, 1.2]", search.ByFreq, "prod", "")},
		"page_events":       {query: query(t, `release:1.* !environment:dev level:[error, fatal] has:user browser:Chrome !os:[a, b] !shop:"" boom`, search.ByUser)},
		"page_boolean":      {query: query(t, `(release:1.0 OR is:resolved) NOT (issue:BACKEND-2F OR project:web)`, search.ByDate)},
		"page_aggregates":   {query: query(t, "timesSeen:>5 lastSeen:-1h level:error", search.ByFreq)},
		"page_fields": {query: query(t, `http.method:POST !device.arch:arm* measurements.lcp:>2s has:spans.db http.url:/a error.handled:false
			device.class:[low, high] timestamp.to_day:>=2026-06-15 event.type:error !has:occurrence_id error.main_thread:true`, search.ByDate)},
		"page_lists": {query: query(t, `error.type:KeyError !error.value:*a* error.mechanism:[a, b] has:error.type
			stack.function:add !stack.filename:*.py stack.module:[a, b] !has:stack.package stack.lineno:>=7 !stack.colno:[1, 2] stack.in_app:true`,
			search.ByDate)},
		"page_trends": {query: query(t, "", search.ByTrends)},
		"page_people": {query: query(t, "assigned:[me, my_teams, none, #core, ann] assigned_or_suggested:user:2 !bookmarks:me has:subscribed is:linked", search.ByDate)},
		"page_releases": {query: query(t, "release:[latest, 1.0] release.version:>=app@1.2.3-rc.1 !release.version:1.* release.package:app "+
			"release.build:>7 regressed_in_release:latest", search.ByDate)},
		"page_few_issues":    {query: query(t, "issue:BACKEND-2F", search.ByFreq)},
		"page_stored_new":    {query: wide(query(t, "is:resolved", search.ByNew))},
		"page_stored_freq":   {query: wide(query(t, "", search.ByFreq)), from: &Cursor{Score: 5, ID: 7}},
		"page_stored_user":   {query: wide(query(t, "", search.ByUser))},
		"page_stored_trends": {query: wide(query(t, "", search.ByTrends))},
		"page_recommended":   {query: query(t, "", search.ByRecommended)},
		"page_inbox":         {query: query(t, "is:for_review", search.ByInbox)},
		"page_after":         {query: query(t, "", search.ByDate), from: &Cursor{Score: 5, ID: 7}},
		"page_before":        {query: query(t, "", search.ByDate), from: &Cursor{Score: 5, ID: 7, Backward: true}},
	} {
		st, err := page(c.query, wanted{limit: 101, from: c.from})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compare(t, name, st)
	}
}

// Every field that queries know has its SQL.
func TestEveryFieldIsAnswered(t *testing.T) {
	t.Parallel()
	table := fields.Issues()
	for _, key := range table.Keys() {
		field, _ := table.Lookup(key)
		tree, err := searchquery.Parse(`has:"`+key+`"`, table)
		if (err != nil) != (field.Refused != "") {
			t.Errorf("%s: %v", key, err)
		}
		if err != nil {
			continue
		}
		q := query(t, "", search.ByDate)
		q.Tree, q.Scope.Environments = tree, []string{"prod"} // release.stage needs one
		if _, err := page(q, wanted{limit: 101}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestSQLOfCountsAndDescriptions(t *testing.T) {
	t.Parallel()
	q := query(t, "level:error", search.ByDate)
	long := wide(query(t, "", search.ByDate))
	inProd := long
	inProd.Scope.Environments = []string{"prod"}
	rows := []search.Row{{Issue: search.Issue{ProjectID: 1, ID: 5}}, {Issue: search.Issue{ProjectID: 2, ID: 6}}}
	for name, build := range map[string]func() (statement, error){
		"count":                         func() (statement, error) { return count(q, 1001, true) },
		"count_aggregates":              func() (statement, error) { return count(query(t, "timesSeen:>5", search.ByDate), 1001, true) },
		"count_exact":                   func() (statement, error) { return count(query(t, "is:resolved", search.ByDate), 1001, false) },
		"count_past":                    func() (statement, error) { return count(query(t, "is:resolved", search.ByDate), 1001, true) },
		"counts":                        func() (statement, error) { return counts(q, rows, true) },
		"counts_of_all":                 func() (statement, error) { return windowCounts(q, byEvents, rows) },
		"counts_by_gone":                func() (statement, error) { return windowCounts(long, byGone, rows) },
		"counts_by_gone_in_environment": func() (statement, error) { return windowCounts(inProd, byGone, rows) },
		"counts_by_life":                func() (statement, error) { return windowCounts(inProd, byLife, rows) },
		"counts_by_remaining":           func() (statement, error) { return windowCounts(inProd, byRemaining, rows) },
		"page_beside": func() (statement, error) {
			return page(q, wanted{limit: 101, from: &Cursor{Score: 5, ID: 7}, later: search.Window{Start: now, End: now.Add(time.Minute)}})
		},
		"page_further": func() (statement, error) {
			return page(q, wanted{limit: 998, known: []int64{5, 6, 7}})
		},
		"page_few_stacks": func() (statement, error) {
			q := query(t, "stack.function:add stack.module:a", search.ByFreq)
			return page(q, wanted{limit: 101, stacks: fewStacks{stackCondition(split(q.Tree).events), []stacksOfProject{{1, [][16]byte{{1}, {2}}}, {2, [][16]byte{{3}}}}}})
		},
		"stacks": func() (statement, error) {
			q := query(t, "stack.function:[add, remove]", search.ByFreq)
			return selectStacks(q, stackCondition(split(q.Tree).events)), nil
		},
		"page_matching": func() (statement, error) {
			return page(query(t, "level:error is:resolved", search.ByFreq), wanted{limit: 1001, matching: true})
		},
		"walk_first": func() (statement, error) {
			return firstSlice(query(t, "is:resolved", search.ByDate), nil, slice{now.Add(-time.Hour), now}, 101)
		},
		"walk_further": func() (statement, error) {
			return furtherSlice(query(t, "is:resolved", search.ByDate), &Cursor{Score: 5, ID: 7}, slice{now.Add(-time.Hour), now}, 101)
		},
		"walk_past": func() (statement, error) {
			return pastSlice(query(t, "is:resolved", search.ByDate), &Cursor{Score: 5, ID: 7}, slice{}, 101)
		},
		"page_fresh_trends": func() (statement, error) {
			return page(wide(query(t, "", search.ByTrends)), wanted{limit: 101, fresh: true})
		},
		"latest": func() (statement, error) { return latestOf(q, rows), nil },
		"series": func() (statement, error) {
			return series(q, search.NewBuckets(search.LastDay, q.Window, now), rows), nil
		},
	} {
		st, err := build()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compare(t, name, st)
	}
}

func compare(t *testing.T, name string, st statement) {
	t.Helper()
	var text strings.Builder
	text.WriteString(st.sql + "\n")
	for i, arg := range st.args {
		fmt.Fprintf(&text, "-- $%d = %v\n", i+1, arg)
	}
	path := filepath.Join("testdata", name+".sql")
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s (-update writes it anew)\n%s", name, diff)
	}
}

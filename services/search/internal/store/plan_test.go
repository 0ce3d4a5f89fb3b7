package store

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/storetest"
	"github.com/picket-io/picket/test/testdb"
)

const readsAllEvents = "Seq Scan on event_index"

// Of 20,000 events, what one of them has is found without reading all others, in every statement that a page takes.
func TestRareConditionsReadFewEvents(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	seed := storetest.New(t, db)
	seed.Project(t, 1, 1, "backend")
	seed.Many(t, 2000, 10)
	s := New(db.Pool(t, provision.SearchReader), Limits{})
	for name, c := range map[string]struct {
		query string
		all   bool
	}{
		"tag":                             {query: "number:4711"},
		"tag and others":                  {query: "number:4711 level:error is:unresolved parity:1"},
		"a tag of three":                  {query: "number:[4711, 4712, 4713]"},
		"tag or tag":                      {query: "number:4711 OR number:4712"},
		"release":                         {query: "release:471"},
		"release and level":               {query: "release:471 level:error"},
		"trace":                           {query: "trace:ffffffffffffffffffffffffffff4711"},
		"event":                           {query: "id:00000000000000000000000000004711"},
		"user, of whom there is no index": {query: "user.id:u-4711", all: true},
	} {
		for _, sort := range []search.Sort{search.ByDate, search.ByNew, search.ByFreq, search.ByUser, search.ByTrends, search.ByRecommended} {
			q := query(t, c.query, sort)
			q.Window = search.NewWindow(time.Time{}, time.Time{}, now, 90*day)
			explained, err := s.Explain(t.Context(), q, Page{Size: 100, CountCap: 1000}, true)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			found := false
			for _, st := range explained {
				found = found || strings.Contains(st.Plan, readsAllEvents)
				if found && !c.all {
					t.Errorf("%s, sort %d:\n%s\n%s", name, sort, st.SQL, st.Plan)
					break
				}
			}
			if c.all && sort == search.ByFreq && !found {
				t.Errorf("%s: no statement reads all events, so that this test could not fail", name)
			}
		}
	}
}

// The statements whose plans are kept know no arguments. They find what they tell of two rows by key.
func TestKeptPlansReadWhatRowsHave(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	seed := storetest.New(t, db)
	seed.Project(t, 1, 1, "backend")
	seed.Many(t, 2000, 10)
	conn, err := db.Pool(t, provision.SearchReader).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SET plan_cache_mode = force_generic_plan`); err != nil {
		t.Fatal(err)
	}
	q := query(t, "", search.ByDate)
	inProd := query(t, "", search.ByDate, "prod")
	rows := []search.Row{{Issue: search.Issue{ProjectID: 1, ID: 5}}, {Issue: search.Issue{ProjectID: 1, ID: 6}}}
	for name, st := range map[string]statement{
		"gone":      countsByDay(q, byGone, rows),
		"gonethere": countsByDay(inProd, byGone, rows),
		"remaining": countsByDay(inProd, byRemaining, rows),
		"lives":     countsOfLives(inProd, rows),
		"latest":    latestOf(q, rows),
		"series":    series(q, search.NewBuckets(search.LastDay, q.Window, now), rows),
		"relations": {selectIssues, make([]any, 3)},
		"events":    {selectAllEvents, nil},
	} {
		if _, err := conn.Exec(t.Context(), "PREPARE "+name+" AS "+st.sql); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		execute := "EXPLAIN EXECUTE " + name
		if len(st.args) > 0 {
			execute += "(NULL" + strings.Repeat(", NULL", len(st.args)-1) + ")"
		}
		explained, err := conn.Query(t.Context(), execute, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(explained, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plan := strings.Join(lines, "\n")
		readsAll := regexp.MustCompile(`Seq Scan on (event_index|group_days|group_users|groups|group_counters)`).MatchString(plan)
		if readsAll != (name == "events") {
			t.Errorf("%s:\n%s", name, plan)
		}
		if how := "Index Scan using group_users_user"; name == "remaining" && !strings.Contains(plan, how) {
			t.Errorf("%s has no %s:\n%s", name, how, plan)
		}
	}
}

// selectAllEvents is what the test must notice.
const selectAllEvents = `SELECT count(*) FROM events WHERE title || '' = ''`

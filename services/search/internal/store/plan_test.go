package store

import (
	"strings"
	"testing"
	"time"

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

package search_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/search/internal/search"
)

// The rows of a page may go between the page before it and its own reading. Then the way back must still be there,
// with the row whose token it was.
func TestAPageThatLostItsRowsLeadsBack(t *testing.T) {
	t.Parallel()
	pinned := search.Position{StartMicros: 1, EndMicros: 2, NowMicros: 3, Total: 4}
	from := pinned
	from.Score, from.ID = 10, 7

	next, previous := search.Neighbours(from, &from, nil, nil, false)
	want := from
	want.ID, want.Backward = 6, true // everything from (10, 7) up
	if diff := gocmp.Diff([]*search.Position{nil, &want}, []*search.Position{next, previous}); diff != "" {
		t.Error(diff)
	}

	from.Backward = true
	next, previous = search.Neighbours(from, &from, nil, nil, false)
	want = from
	want.ID, want.Backward = 8, false // everything from (10, 7) down
	if diff := gocmp.Diff([]*search.Position{&want, nil}, []*search.Position{next, previous}); diff != "" {
		t.Error(diff)
	}
}

func TestATokenKeepsOnlySoManyReleases(t *testing.T) {
	t.Parallel()
	for projects, kept := range map[int]bool{0: true, 256: true, 257: false} {
		releases := map[int64]string{}
		for id := range int64(projects) {
			releases[id] = strings.Repeat("v", 240)
		}
		var p search.Position
		if p.KeepLatest(releases); (p.Latest != nil) != kept {
			t.Errorf("of %d projects: %v", projects, p.Latest != nil)
		}
	}
}

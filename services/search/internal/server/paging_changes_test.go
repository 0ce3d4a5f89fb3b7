package server_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

const skew = time.Minute // a window without an end ends that much from now

// changing is a table of issues that changes between two pages, and what is known of the issues that can be found.
type changing struct {
	*world
	random *rand.Rand
	last   int64
	live   map[int64]*known
}

// known tells which events move an issue. Its events all lie in the window.
type known struct {
	newest, oldest time.Duration // before now
	users          map[string]bool
}

// arrive stores a new issue with an event.
func (c *changing) arrive(t *testing.T) {
	t.Helper()
	c.last++
	inboxNew := issue.InboxNew
	c.Group(t, storetest.Group{
		Project: project(c.last), ID: c.last, Substatus: issue.New, Inbox: &inboxNew, InboxAdded: time.Duration(c.random.IntN(3)) * time.Hour,
	})
	e := storetest.Event{Ago: time.Duration(c.random.IntN(4)) * time.Hour, User: string(rune('a' + c.random.IntN(3)))}
	c.live[c.last] = &known{newest: e.Ago, oldest: e.Ago, users: map[string]bool{e.User: true}}
	c.store(t, c.last, e)
}

func project(id int64) int64 { return 1 + id%2 }

func (c *changing) store(t *testing.T, id int64, e storetest.Event) {
	t.Helper()
	e.Project, e.Group = project(id), id
	c.Event(t, e)
}

// change does something to the table and says which issue that moves in a sort, if any.
func (c *changing) change(t *testing.T, sort searchv1.IssueSort, levels bool) (moved int64) {
	t.Helper()
	id := slices.Sorted(maps.Keys(c.live))[c.random.IntN(len(c.live))]
	switch c.random.IntN(8) {
	case 0:
		c.arrive(t)
		return 0
	case 1, 2:
		c.Status(t, project(id), id, []issue.Status{issue.Resolved, issue.PendingDeletion}[c.random.IntN(2)])
		delete(c.live, id)
		return id
	case 3: // past the window
		c.store(t, id, storetest.Event{Ago: -skew - time.Duration(c.random.IntN(2))*time.Hour, User: "z"})
		return 0
	case 4:
		if levels { // of a level that is not asked for
			c.store(t, id, storetest.Event{Level: issue.Warning, User: "z"})
			return 0
		}
	}
	e := storetest.Event{Ago: time.Duration(c.random.IntN(5)) * time.Hour, User: string(rune('a' + c.random.IntN(4)))}
	c.store(t, id, e)
	if c.live[id].move(sort, e) {
		return id
	}
	return 0
}

// move adds an event of the window and reports whether the score changes.
func (k *known) move(sort searchv1.IssueSort, e storetest.Event) bool {
	newer, older, other := e.Ago < k.newest, e.Ago > k.oldest, !k.users[e.User]
	k.newest, k.oldest, k.users[e.User] = min(k.newest, e.Ago), max(k.oldest, e.Ago), true
	switch sort {
	case searchv1.IssueSort_ISSUE_SORT_DATE:
		return newer
	case searchv1.IssueSort_ISSUE_SORT_NEW:
		return older
	case searchv1.IssueSort_ISSUE_SORT_USER:
		return other
	case searchv1.IssueSort_ISSUE_SORT_INBOX:
		return false
	default:
		return true
	}
}

// While events arrive and issues come, are resolved and are deleted between pages, every issue that keeps its place is
// seen exactly once, there and back.
func TestIssuesThatDoNotMoveAreSeenOnceWhileOthersDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query  string
		start  time.Time
		levels bool
	}{
		"all events of a long window":  {query: "is:unresolved"},
		"all events of a short window": {query: "is:unresolved", start: now.Add(-day)},
		"events that match":            {query: "is:unresolved level:error", levels: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			table := &changing{world: newWorld(t), random: rand.New(rand.NewPCG(seed, 0)), live: map[int64]*known{}}
			table.Project(t, 1, 1, "backend")
			table.Project(t, 1, 2, "web-shop")
			for _, sort := range allSorts() {
				req := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &c.query, Sort: sort}
				if !c.start.IsZero() {
					req.StartTime = timestamppb.New(c.start)
				}
				table.thereAndBack(t, req, c.levels)
			}
		})
	}
}

func (c *changing) thereAndBack(t *testing.T, req *searchv1.SearchIssuesRequest, levels bool) {
	t.Helper()
	for len(c.live) < 25 {
		c.arrive(t)
	}
	c.turn(t, "forward", req, levels, slices.Collect(maps.Keys(c.live)), (*searchv1.SearchIssuesResponse).GetNextPageToken)

	_, last := turn(t, c.world, req, c.random, (*searchv1.SearchIssuesResponse).GetNextPageToken)
	before := maps.Clone(c.live)
	for _, id := range numbers(last) {
		delete(before, id)
	}
	req.PageToken = last.GetPreviousPageToken()
	c.turn(t, "backward", req, levels, slices.Collect(maps.Keys(before)), (*searchv1.SearchIssuesResponse).GetPreviousPageToken)
}

// turn reads pages while the table changes, and compares with the issues that the pages lead over.
func (c *changing) turn(t *testing.T, direction string, req *searchv1.SearchIssuesRequest, levels bool, still []int64,
	following func(*searchv1.SearchIssuesResponse) string,
) {
	t.Helper()
	seen, moved := map[int64]int{}, map[int64]bool{}
	page := proto.CloneOf(req)
	for {
		page.PageSize = 1 + c.random.Int32N(7)
		resp := search(t, c.world, page)
		for _, id := range numbers(resp) {
			seen[id]++
		}
		if page.PageToken = following(resp); page.GetPageToken() == "" {
			break
		}
		for range c.random.IntN(4) {
			moved[c.change(t, req.GetSort(), levels)] = true
		}
	}
	compared := 0
	for _, id := range still {
		if moved[id] {
			continue
		}
		compared++
		if seen[id] != 1 {
			t.Errorf("%s %s: issue %d was seen %d times", req.GetSort(), direction, id, seen[id])
		}
	}
	if compared == 0 {
		t.Errorf("%s %s: every issue moved", req.GetSort(), direction)
	}
}

// What `latest` stands for on the first page it stands for on the others, though releases come in between.
func TestPagesKeepTheLatestReleaseOfTheFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, between []string // releases, the latest last
		query           string
	}{
		"a release":    {[]string{"1.0", "2.0"}, []string{"3.0", "4.0"}, "release:latest"},
		"none so far":  {nil, []string{"1.0", "2.0"}, "!release:latest"},
		"in a list":    {[]string{"1.0", "2.0"}, []string{"3.0", "4.0"}, "release:[latest, 9.0]"},
		"of the issue": {[]string{"1.0", "2.0"}, []string{"3.0", "4.0"}, "firstRelease:latest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Project(t, 1, 1, "backend")
			arrive := func(n int, release string) {
				w.Copy(t, "releases", "project_id version created_at", [][]any{{1, release, now.Add(time.Duration(n) * time.Minute)}})
			}
			for n, release := range c.before {
				arrive(n, release)
			}
			for id := range int64(4) { // issue 1 has an event for each page of events
				w.Group(t, storetest.Group{ID: id + 1, FirstRelease: "2.0"})
				w.Event(t, storetest.Event{Group: id + 1, Release: "2.0"})
				w.Event(t, storetest.Event{Group: 1, Release: "2.0", Ago: time.Duration(id) * time.Hour})
			}
			var found []int64
			events := 0
			issues := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &c.query, Sort: searchv1.IssueSort_ISSUE_SORT_NEW, PageSize: 1}
			of := &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, Query: c.query, PageSize: 1}
			for page := range 5 {
				list, err := w.ListIssueEvents(t.Context(), of)
				if err != nil {
					t.Fatal(err)
				}
				answer := search(t, w, issues)
				found, events = append(found, numbers(answer)...), events+len(list.GetEvents())
				issues.PageToken, of.PageToken = answer.GetNextPageToken(), list.GetNextPageToken()
				if issues.GetPageToken() == "" || of.GetPageToken() == "" {
					break
				}
				if page < len(c.between) {
					arrive(100+page, c.between[page])
				}
			}
			slices.Sort(found)
			if !slices.Equal(found, []int64{1, 2, 3, 4}) || events < 4 {
				t.Errorf("found issues %v and %d events", found, events)
			}
		})
	}
}

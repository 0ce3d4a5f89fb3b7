package server_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

const day = 24 * time.Hour

// seedStory stores the issues that testdata/queries.txt asks for.
func seedStory(t *testing.T, w *world) {
	t.Helper()
	inboxNew := issue.InboxNew
	w.Project(t, 1, 1, "backend")
	w.Project(t, 1, 2, "web-shop")
	w.Project(t, 2, 3, "elsewhere")

	w.Group(t, storetest.Group{ID: 1, Substatus: issue.New, Priority: issue.High, FirstSeen: 2 * time.Hour, FirstRelease: "1.0"})
	w.Event(t, storetest.Event{
		Group: 1, Ago: time.Hour, Environment: "prod", Release: "1.0", Message: "TypeError: x is undefined", User: "1",
		Trace: "0af7651916cd43dd8448eb211c80319c", Tags: map[string]string{"browser": "Chrome", "shop": "50% off_", "url": "https://shop/a", "device.class": "3"},
		Fields:     map[string]any{"http.method": "POST", "device.online": "true", "measurements.lcp": 2500.0},
		ErrorTypes: []string{"TypeError", "RangeError"}, Unhandled: true, Functions: []string{"add", "total"},
	})
	w.Event(t, storetest.Event{Group: 1, Ago: 2 * time.Hour, Environment: "dev", Release: "1.1", Level: issue.Warning, User: "2", Email: "two@example.com"})

	w.Group(t, storetest.Group{ID: 2, Kind: 1001, Substatus: issue.Ongoing, Priority: issue.Low, FirstSeen: 10 * day})
	w.Event(t, storetest.Event{Group: 2, Kind: 1, Ago: 3 * day, Level: issue.Info, Message: "SELECT is slow", Release: "1.1", Functions: []string{"total"}})

	w.Group(t, storetest.Group{ID: 3, Status: issue.Resolved, Priority: issue.High})
	w.Event(t, storetest.Event{
		Group: 3, Ago: 4 * time.Hour, Environment: "prod", Message: "connection refused", ErrorTypes: []string{"TypeError"},
	})

	w.Group(t, storetest.Group{ID: 4, Status: issue.Ignored, Substatus: issue.Forever, Priority: issue.Medium})
	w.Event(t, storetest.Event{Group: 4, Ago: 5 * time.Hour})

	w.Group(t, storetest.Group{ID: 5, Kind: 6001, Substatus: issue.New, Priority: issue.Medium})
	w.Event(t, storetest.Event{Group: 5, Kind: 1, Ago: 6 * time.Hour, Message: "I like it"})

	w.Group(t, storetest.Group{ID: 6, Status: issue.PendingDeletion})
	w.Event(t, storetest.Event{Group: 6, Ago: time.Hour})

	w.Group(t, storetest.Group{Project: 2, ID: 7, Substatus: issue.Regressed, Priority: issue.Medium, Assignee: "user:5", Inbox: &inboxNew})
	for i := range 3 {
		w.Event(t, storetest.Event{Project: 2, Group: 7, Ago: time.Duration(i+7) * time.Hour, User: fmt.Sprint(i), Environment: "prod"})
	}

	w.Group(t, storetest.Group{Project: 3, ID: 8, Substatus: issue.New, Priority: issue.High})
	w.Event(t, storetest.Event{Project: 3, Group: 8, Ago: time.Hour})

	w.Group(t, storetest.Group{ID: 9, Substatus: issue.Ongoing, Priority: issue.High, FirstSeen: 100 * day})
	w.Event(t, storetest.Event{Group: 9, Ago: 100 * day})
}

// TestQueries runs testdata/queries.txt: a query and, after the arrow, the ids it finds in order, or ! and what the
// description of the violation must contain.
func TestQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	for _, c := range readCases(t, "testdata/queries.txt") {
		query, want := c[0], c[1]
		resp, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query})
		if text, refused := strings.CutPrefix(want, "! "); refused {
			if field, description := violation(err); field != "query" || !strings.Contains(description, text) {
				t.Errorf("%s: got %v, want a violation of query with %q", query, err, text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := ids(resp); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
		if int(resp.GetTotalSize()) != len(resp.GetIssues()) || resp.GetTotalSizeCapped() {
			t.Errorf("%s counts %d, finds %d", query, resp.GetTotalSize(), len(resp.GetIssues()))
		}
	}
}

func readCases(t *testing.T, path string) [][2]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases [][2]string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		query, want, ok := strings.Cut(line, "=>")
		if !ok {
			t.Fatalf("%s: no arrow in %q", path, line)
		}
		cases = append(cases, [2]string{strings.TrimSpace(query), strings.TrimSpace(want)})
	}
	return cases
}

func ids(resp *searchv1.SearchIssuesResponse) string {
	var found []string
	for _, i := range resp.GetIssues() {
		found = append(found, fmt.Sprint(i.GetId()))
	}
	return strings.Join(found, " ")
}

func TestSortsOrderByMatchingEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	empty := ""
	for sort, want := range map[searchv1.IssueSort]string{
		searchv1.IssueSort_ISSUE_SORT_UNSPECIFIED: "1 3 4 7 2",
		searchv1.IssueSort_ISSUE_SORT_DATE:        "1 3 4 7 2",
		searchv1.IssueSort_ISSUE_SORT_NEW:         "1 3 4 7 2",
		searchv1.IssueSort_ISSUE_SORT_FREQ:        "7 1 4 3 2",
		searchv1.IssueSort_ISSUE_SORT_USER:        "7 1 4 3 2",
		searchv1.IssueSort_ISSUE_SORT_TRENDS:      "1 7 3 4 2",
		searchv1.IssueSort_ISSUE_SORT_INBOX:       "7",
		searchv1.IssueSort_ISSUE_SORT_RECOMMENDED: "1 3 4 7 2",
	} {
		resp, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &empty, Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(resp); got != want {
			t.Errorf("%s: %q, want %q", sort, got, want)
		}
	}
}

func TestAnAbsentQueryIsTheDefaultQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	resp, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ids(resp), "1 7"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEnvironmentsRestrictEventsAndFirstSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	for query, want := range map[string]string{
		"":                 "1 3 7",
		"firstRelease:1.0": "1", // in prod; in dev it was 1.1
		"age:-90m":         "1",
		"release:1.1":      "", // dev's event
	} {
		resp, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{
			OrganizationId: 1, Query: &query, Environments: []string{"prod"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(resp); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
}

// Who was seen in an environment in the window is told in whatever way it is counted.
func TestUsersOfAnEnvironmentAreThoseWhoWereSeenThereInTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	for _, seen := range []struct {
		user, environment string
		ago               time.Duration
	}{
		{"ann", "prod", 20 * day},
		{"ann", "dev", day}, // later elsewhere
		{"bob", "prod", 20 * day},
		{"bob", "prod", 2 * day},
		{"cid", "prod", 12*day + 2*time.Hour}, // on the day that a window cuts
		{"dan", "prod", 12*day - 2*time.Hour},
		{"eve", "dev", 3 * day},
		{"", "prod", 4 * day},
	} {
		w.Event(t, storetest.Event{Group: 1, User: seen.user, Environment: seen.environment, Ago: seen.ago})
	}
	check := func(known string) {
		t.Helper()
		for name, c := range map[string]struct {
			start        time.Duration
			environments []string
			want         string
		}{
			"the whole life":              {30 * day, []string{"prod"}, "6 events, 4 users, 480 to 48 hours ago"},
			"most of the life":            {12 * day, []string{"prod"}, "3 events, 2 users, 286 to 48 hours ago"},
			"the least of the life":       {5 * day, []string{"prod"}, "2 events, 1 users, 96 to 48 hours ago"},
			"two days":                    {2*day + time.Hour, []string{"prod"}, "1 events, 1 users, 48 to 48 hours ago"},
			"the life, in dev":            {30 * day, []string{"dev"}, "2 events, 2 users, 72 to 24 hours ago"},
			"the life, in both":           {30 * day, []string{"prod", "dev"}, "8 events, 5 users, 480 to 24 hours ago"},
			"most of the life, in both":   {12 * day, []string{"prod", "dev"}, "5 events, 4 users, 286 to 24 hours ago"},
			"the life, everywhere":        {30 * day, nil, "8 events, 5 users, 480 to 24 hours ago"},
			"most of the life everywhere": {12 * day, nil, "5 events, 4 users, 286 to 24 hours ago"},
		} {
			req := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new(""), Environments: c.environments, StartTime: timestamppb.New(now.Add(-c.start))}
			got := search(t, w, req).GetIssues()[0].GetWindow()
			text := fmt.Sprintf("%d events, %d users, %v to %v hours ago", got.GetCount(), got.GetUserCount(),
				now.Sub(got.GetFirstSeen().AsTime()).Hours(), now.Sub(got.GetLastSeen().AsTime()).Hours())
			if text != c.want {
				t.Errorf("%s, %s: %s, want %s", known, name, text, c.want)
			}
		}
	}
	check("known")
	w.Uncounted(t, 1)
	check("not known")
}

func TestAnIssueIsAnsweredWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	query := "level:error"
	resp, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{
		OrganizationId: 1, ProjectIds: []int64{1}, Query: &query, PageSize: 1, StatsPeriod: searchv1.StatsPeriod_STATS_PERIOD_DAY,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := resp.GetIssues()[0]
	if n := len(got.GetStats()); n != 24 {
		t.Errorf("%d buckets, want 24", n)
	}
	buckets := []int64{}
	for _, p := range got.GetStats() {
		buckets = append(buckets, p.GetCount())
	}
	if want := append(make([]int64, 21), 1, 1, 0); !slices.Equal(buckets, want) {
		t.Errorf("series %v, want %v", buckets, want)
	}
	got.Stats = nil
	diffProto(t, wholeIssue(), got)
}

// Issues with so many events that a page does not look at them all are told what matches when that is asked for.
func TestMatchingEventsOfHotIssuesAreCountedWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Many(t, 3, 1000)
	w.Event(t, storetest.Event{Group: 2})
	for name, c := range map[string]struct {
		expand []searchv1.IssuePart
		hot    int64
	}{
		"not asked for": {nil, 0},
		"asked for":     {[]searchv1.IssuePart{searchv1.IssuePart_ISSUE_PART_MATCHING}, 1001},
	} {
		found := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("level:error"), Expand: c.expand, PageSize: 2, TotalSizeCap: 1}).GetIssues()
		if len(found) != 2 || found[0].GetMatching().GetCount() != c.hot || found[1].GetMatching().GetCount() != 1000 || found[0].GetWindow().GetCount() != 1001 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	provision "github.com/picket-io/picket/deploy/postgres"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/services/search/internal/server"
	"github.com/picket-io/picket/services/search/internal/storetest"
	"github.com/picket-io/picket/test/testdb"
)

func TestWhatARequestNamesMustExistInItsOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	_, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 99})
	wantMissing(t, err, "organization", "99")
	_, err = w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, ProjectIds: []int64{1, 3}})
	wantMissing(t, err, "project", "3")
	_, err = w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, Environments: []string{"prod", "nowhere"}})
	wantMissing(t, err, "environment", "nowhere")
	_, err = w.SearchTraces(t.Context(), &searchv1.SearchTracesRequest{OrganizationId: 1, ProjectIds: []int64{3}})
	wantMissing(t, err, "project", "3")
}

// The door writes U+FFFD where a text has NUL, which no text of the database has.
func TestNULInARequestIsReadAsTheDoorWritesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	w.Event(t, storetest.Event{Group: 1, Environment: "a\uFFFD", Tags: map[string]string{"k\uFFFD": "v"}})
	if found := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new(""), Environments: []string{"a\x00"}}); ids(found) != "1" {
		t.Errorf("in an environment: %v", found)
	}
	_, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, Environments: []string{"b\x00"}})
	wantMissing(t, err, "environment", "b\uFFFD")
	values, err := w.ListTagValues(t.Context(), &searchv1.ListTagValuesRequest{OrganizationId: 1, Key: "k\x00"})
	if err != nil || len(values.GetValues()) != 1 {
		t.Errorf("a tag: %v, %v", values, err)
	}
	if saved := save(t, w, "user:1", "a\x00", "", forOwner); saved.GetName() != "a\uFFFD" {
		t.Errorf("a saved search: %v", saved)
	}
}

func TestAnOrganizationWithoutProjectsHasNoIssues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Organization(t, 7)
	resp, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 7})
	if err != nil || len(resp.GetIssues()) != 0 {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	for name, c := range map[string]struct {
		req  *searchv1.SearchIssuesRequest
		code codes.Code
	}{
		"no organization":      {&searchv1.SearchIssuesRequest{}, codes.InvalidArgument},
		"negative page size":   {&searchv1.SearchIssuesRequest{OrganizationId: 1, PageSize: -1}, codes.InvalidArgument},
		"the end comes first":  {&searchv1.SearchIssuesRequest{OrganizationId: 1, StartTime: ago(time.Hour), EndTime: ago(2 * time.Hour)}, codes.InvalidArgument},
		"a sort that is none":  {&searchv1.SearchIssuesRequest{OrganizationId: 1, Sort: 99}, codes.InvalidArgument},
		"a stage of nowhere":   {&searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("release.stage:adopted")}, codes.InvalidArgument},
		"a misspelt condition": {&searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("is:opne")}, codes.InvalidArgument},
	} {
		if _, err := w.SearchIssues(t.Context(), c.req); status.Code(err) != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
}

func TestOnlyEventsOfTheWindowCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	empty := ""
	for name, c := range map[string]struct {
		req  *searchv1.SearchIssuesRequest
		want string
	}{
		"last three hours":     {&searchv1.SearchIssuesRequest{StartTime: ago(3 * time.Hour)}, "1"},
		"until two hours ago":  {&searchv1.SearchIssuesRequest{EndTime: ago(2 * time.Hour)}, "3 4 7 2"},
		"beyond the retention": {&searchv1.SearchIssuesRequest{StartTime: ago(120 * day), EndTime: ago(95 * day)}, ""},
		"cut to the retention": {&searchv1.SearchIssuesRequest{StartTime: ago(120 * day)}, "1 3 4 7 2"},
	} {
		c.req.OrganizationId, c.req.Query = 1, &empty
		if got := ids(search(t, w, c.req)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAPageHasAtMostAHundredIssues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	for id := range int64(101) {
		w.Group(t, storetest.Group{ID: id + 1})
		w.Event(t, storetest.Event{Group: id + 1})
	}
	empty := ""
	resp := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &empty, PageSize: 500})
	if n := len(resp.GetIssues()); n != 100 || resp.GetNextPageToken() == "" {
		t.Errorf("%d issues, next page %q", n, resp.GetNextPageToken())
	}
}

func TestCountIssuesCountsEachQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	resp, err := w.CountIssues(t.Context(), &searchv1.CountIssuesRequest{
		OrganizationId: 1, Queries: []string{"", "is:unresolved", "timesSeen:>2", "event.timestamp:-1m"},
	})
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &searchv1.CountIssuesResponse{Counts: []*searchv1.IssueCount{
		{Query: "", TotalSize: 5},
		{Query: "is:unresolved", TotalSize: 3},
		{Query: "timesSeen:>2", TotalSize: 1},
		{Query: "event.timestamp:-1m"},
	}}, resp)
	for _, query := range []string{"is:opne", "is_application:true", "release.stage:adopted"} {
		_, err = w.CountIssues(t.Context(), &searchv1.CountIssuesRequest{OrganizationId: 1, Queries: []string{"", query}})
		if field, _ := violation(err); field != "queries[1]" {
			t.Errorf("%s: got %v", query, err)
		}
	}
}

// The reader's database may be a replica: everything about issues comes from it, and nothing is written there.
func TestReadsAreOfTheReadersDatabase(t *testing.T) {
	t.Parallel()
	replica, primary := testdb.New(t), testdb.New(t)
	w := newWorldOver(t, replica, primary, server.MatchingEvents)
	seedStory(t, w)
	ctx := as(t, "user:1")
	for name, read := range map[string]func() (proto.Message, error){
		"SearchIssues": func() (proto.Message, error) {
			return w.SearchIssues(ctx, &searchv1.SearchIssuesRequest{OrganizationId: 1, Environments: []string{"prod"}})
		},
		"CountIssues": func() (proto.Message, error) {
			return w.CountIssues(ctx, &searchv1.CountIssuesRequest{OrganizationId: 1, Queries: []string{""}})
		},
		"GetIssue": func() (proto.Message, error) { return w.GetIssue(ctx, byID(1)) },
		"GetIssueStats": func() (proto.Message, error) {
			return w.GetIssueStats(ctx, &searchv1.GetIssueStatsRequest{OrganizationId: 1, IssueIds: []int64{1}, StatsPeriod: searchv1.StatsPeriod_STATS_PERIOD_DAY})
		},
		"ListIssueEvents": func() (proto.Message, error) {
			return w.ListIssueEvents(ctx, &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1})
		},
		"ListIssueActivities": func() (proto.Message, error) {
			return w.ListIssueActivities(ctx, &searchv1.ListIssueActivitiesRequest{OrganizationId: 1, IssueId: 1})
		},
		"ListTagKeys": func() (proto.Message, error) {
			return w.ListTagKeys(ctx, &searchv1.ListTagKeysRequest{OrganizationId: 1})
		},
		"ListTagValues": func() (proto.Message, error) {
			return w.ListTagValues(ctx, &searchv1.ListTagValuesRequest{OrganizationId: 1, Key: "browser"})
		},
		"ExplainQuery": func() (proto.Message, error) {
			return w.ExplainQuery(ctx, &searchv1.ExplainQueryRequest{Search: &searchv1.SearchIssuesRequest{OrganizationId: 1}, Analyze: true})
		},
		"UpdateIssues": func() (proto.Message, error) {
			return w.UpdateIssues(ctx, assignQuery(&searchv1.IssueQuery{Force: true}))
		},
		"CreateSavedSearch": func() (proto.Message, error) { return save(t, w, "user:1", "mine", "is:new", forOwner), nil },
		"ListTombstones": func() (proto.Message, error) {
			_, err := w.ListTombstones(ctx, &searchv1.ListTombstonesRequest{OrganizationId: 1})
			return &searchv1.Tombstone{Id: 1}, err
		},
	} {
		if answer, err := read(); err != nil || proto.Size(answer) == 0 {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
	for db, want := range map[*testdb.Database]int{replica: 0, primary: 1} {
		var saved int
		if err := db.Pool(t, provision.Search).QueryRow(ctx, `SELECT count(*) FROM saved_searches`).Scan(&saved); err != nil || saved != want {
			t.Errorf("%d saved searches, want %d, %v", saved, want, err)
		}
	}
	_, err := replica.Pool(t, provision.SearchReader).Exec(ctx, `DELETE FROM grouping_read.issue_links`)
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("the reader may write: %v", err)
	}
}

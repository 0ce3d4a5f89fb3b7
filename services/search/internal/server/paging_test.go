package server_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// seedTies stores issues many of which have the same score in every sort.
func seedTies(t *testing.T, w *world, issues int, random *rand.Rand) {
	t.Helper()
	inboxNew := issue.InboxNew
	w.Project(t, 1, 1, "backend")
	w.Project(t, 1, 2, "web-shop")
	for id := range int64(issues) {
		project := 1 + id%2
		w.Group(t, storetest.Group{
			Project: project, ID: id + 1, Substatus: issue.New, Inbox: &inboxNew, InboxAdded: time.Duration(random.IntN(3)) * time.Hour,
		})
		for range 1 + random.IntN(3) {
			w.Event(t, storetest.Event{
				Project: project, Group: id + 1, Ago: time.Duration(random.IntN(4)) * time.Hour, User: string(rune('a' + random.IntN(3))),
			})
		}
	}
}

func allSorts() []searchv1.IssueSort {
	return []searchv1.IssueSort{
		searchv1.IssueSort_ISSUE_SORT_DATE, searchv1.IssueSort_ISSUE_SORT_NEW, searchv1.IssueSort_ISSUE_SORT_FREQ,
		searchv1.IssueSort_ISSUE_SORT_USER, searchv1.IssueSort_ISSUE_SORT_TRENDS, searchv1.IssueSort_ISSUE_SORT_INBOX,
		searchv1.IssueSort_ISSUE_SORT_RECOMMENDED,
	}
}

// Pages of any size, there and back, have every issue once and in the order of one large page.
func TestPagesHaveEveryIssueOnce(t *testing.T) {
	t.Parallel()
	const issues = 37
	w := newWorld(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	seedTies(t, w, issues, random)
	empty := ""
	for _, sort := range allSorts() {
		req := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &empty, Sort: sort}
		all := search(t, w, req)
		if len(all.GetIssues()) != issues || all.GetTotalSize() != issues || all.GetNextPageToken() != "" || all.GetPreviousPageToken() != "" {
			t.Fatalf("%s: %d issues, %d counted", sort, len(all.GetIssues()), all.GetTotalSize())
		}
		there, last := turn(t, w, req, random, (*searchv1.SearchIssuesResponse).GetNextPageToken)
		if want := numbers(all); !slices.Equal(slices.Concat(there...), want) {
			t.Errorf("%s forward: %v, want %v", sort, there, want)
		}
		req.PageToken = last.GetPreviousPageToken()
		back, first := turn(t, w, req, random, (*searchv1.SearchIssuesResponse).GetPreviousPageToken)
		slices.Reverse(back)
		if want := numbers(all)[:issues-len(last.GetIssues())]; !slices.Equal(slices.Concat(back...), want) {
			t.Errorf("%s backward: %v, want %v", sort, back, want)
		}
		if first.GetTotalSize() != issues {
			t.Errorf("%s: %d counted on the way back, want %d", sort, first.GetTotalSize(), issues)
		}
	}
}

// turn reads pages of random sizes from a request on and returns their ids, and the last page.
func turn(t *testing.T, w *world, req *searchv1.SearchIssuesRequest, random *rand.Rand,
	following func(*searchv1.SearchIssuesResponse) string,
) ([][]int64, *searchv1.SearchIssuesResponse) {
	t.Helper()
	var pages [][]int64
	page := proto.CloneOf(req)
	for {
		page.PageSize = 1 + random.Int32N(9)
		resp := search(t, w, page)
		pages = append(pages, numbers(resp))
		if page.PageToken = following(resp); page.GetPageToken() == "" {
			return pages, resp
		}
	}
}

func search(t *testing.T, w *world, req *searchv1.SearchIssuesRequest) *searchv1.SearchIssuesResponse {
	t.Helper()
	resp, err := w.SearchIssues(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func numbers(resp *searchv1.SearchIssuesResponse) []int64 {
	found := make([]int64, 0, len(resp.GetIssues()))
	for _, i := range resp.GetIssues() {
		found = append(found, i.GetId())
	}
	return found
}

func TestTheCountStopsAtTheCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTies(t, w, 6, rand.New(rand.NewPCG(1, 2)))
	empty, busy := "", "timesSeen:>=1"
	for _, query := range []*string{&empty, &busy} {
		for limit, want := range map[int32]int32{5: 5, 6: 6, 7: 6} {
			resp := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: query, TotalSizeCap: limit, PageSize: 1})
			if resp.GetTotalSize() != want || resp.GetTotalSizeCapped() != (limit < 6) {
				t.Errorf("%q up to %d: %d, capped %v", *query, limit, resp.GetTotalSize(), resp.GetTotalSizeCapped())
			}
		}
	}
}

func TestATokenBelongsToItsRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTies(t, w, 3, rand.New(rand.NewPCG(1, 2)))
	empty := ""
	token := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &empty, PageSize: 1}).GetNextPageToken()
	for name, req := range map[string]*searchv1.SearchIssuesRequest{
		"another query": {OrganizationId: 1, PageToken: token},
		"another sort":  {OrganizationId: 1, Query: &empty, Sort: searchv1.IssueSort_ISSUE_SORT_FREQ, PageToken: token},
		"no token":      {OrganizationId: 1, Query: &empty, PageToken: "x"},
	} {
		_, err := w.SearchIssues(t.Context(), req)
		if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "page_token" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// `me` is somebody else for every caller.
func TestATokenBelongsToItsCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	for id := range int64(4) {
		w.Group(t, storetest.Group{ID: id + 1, Assignee: []string{"user:1", "user:2"}[id%2]})
		for range 2 {
			w.Event(t, storetest.Event{Group: id + 1})
		}
	}
	for _, name := range []string{"mine", "other"} {
		save(t, w, "user:1", name, name, forOrganization)
	}
	for name, list := range map[string]func(caller, token string) (next string, err error){
		"SearchIssues": func(caller, token string) (string, error) {
			resp, err := w.SearchIssues(as(t, caller), &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("assigned:me"), PageSize: 1, PageToken: token})
			return resp.GetNextPageToken(), err
		},
		"ListIssueEvents": func(caller, token string) (string, error) {
			resp, err := w.ListIssueEvents(as(t, caller), &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, Query: "assigned:me", PageSize: 1, PageToken: token})
			return resp.GetNextPageToken(), err
		},
		"ListSavedSearches": func(caller, token string) (string, error) {
			resp, err := w.ListSavedSearches(as(t, caller), &searchv1.ListSavedSearchesRequest{OrganizationId: 1, PageSize: 1, PageToken: token})
			return resp.GetNextPageToken(), err
		},
	} {
		token, err := list("user:1", "")
		if err != nil || token == "" {
			t.Fatalf("%s: token %q, %v", name, token, err)
		}
		if _, err := list("user:1", token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err = list("user:2", token)
		if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "page_token" {
			t.Errorf("%s by another caller: %v", name, err)
		}
	}
}

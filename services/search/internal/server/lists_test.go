package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// seedEvents stores issue 1 with events 0 to 6, from the newest back; three were seen at the same time.
func seedEvents(t *testing.T, w *world) {
	t.Helper()
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	w.Group(t, storetest.Group{ID: 2})
	w.Event(t, storetest.Event{Group: 2, Tags: map[string]string{"browser": "Opera"}})
	for n := range 7 {
		w.Event(t, storetest.Event{
			Group: 1, ID: fmt.Sprintf("%032x", n), Ago: time.Duration(max(n, 2)) * time.Hour,
			Environment: []string{"prod", "dev"}[n%2], Tags: map[string]string{"browser": []string{"Chrome", "Firefox", "Chrome"}[n%3], "n": fmt.Sprint(n)},
		})
	}
}

func eventIDs(events *searchv1.ListIssueEventsResponse) []string {
	ids := []string{}
	for _, e := range events.GetEvents() {
		ids = append(ids, strings.TrimLeft(e.GetEventId()[:31], "0")+e.GetEventId()[31:])
	}
	return ids
}

func TestEventsOfAnIssueArePagedThereAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedEvents(t, w)
	list := func(req *searchv1.ListIssueEventsRequest) *searchv1.ListIssueEventsResponse {
		t.Helper()
		resp, err := w.ListIssueEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for _, oldest := range []bool{false, true} {
		all := eventIDs(list(&searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, OldestFirst: oldest}))
		if newest := "6"; len(all) != 7 || oldest != (all[0] == newest) || !oldest && all[6] != newest {
			t.Errorf("oldest first %v: %v", oldest, all)
		}
		req := &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, OldestFirst: oldest, PageSize: 2}
		var there, back []string
		var last *searchv1.ListIssueEventsResponse
		for last == nil || req.GetPageToken() != "" {
			last = list(req)
			there = append(there, eventIDs(last)...)
			req.PageToken = last.GetNextPageToken()
		}
		for req.PageToken = last.GetPreviousPageToken(); req.GetPageToken() != ""; {
			page := list(req)
			back = append(eventIDs(page), back...)
			req.PageToken = page.GetPreviousPageToken()
		}
		if !slices.Equal(there, all) || !slices.Equal(back, all[:6]) {
			t.Errorf("there %v, back %v, want %v", there, back, all)
		}
	}
	filtered := eventIDs(list(&searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, Query: "browser:Firefox", Environments: []string{"dev"}}))
	if !slices.Equal(filtered, []string{"1"}) {
		t.Errorf("filtered %v", filtered)
	}
	_, err := w.ListIssueEvents(t.Context(), &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 99})
	wantMissing(t, err, "issue", "99")
	_, err = w.ListIssueEvents(t.Context(), &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, Query: "timesSeen:>1"})
	if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "query" {
		t.Errorf("an aggregate among conditions on events: %v", err)
	}
}

func TestAQueryThatIsTheIDOfAnEventFindsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	w.Group(t, storetest.Group{ID: 2})
	const mentioned, unknown = "e1000000000000000000000000000000", "e2000000000000000000000000000000"
	w.Event(t, storetest.Event{Group: 1, ID: mentioned, Ago: 3 * time.Hour})
	w.Event(t, storetest.Event{Group: 1, ID: mentioned, Ago: 4 * time.Hour, Kind: 1})
	for n := range 2 {
		w.Event(t, storetest.Event{Group: 1, ID: fmt.Sprintf("%032x", n), Ago: time.Duration(n) * time.Hour, Message: "see " + mentioned + " and " + unknown})
	}
	for query, want := range map[string]string{
		mentioned:                                "e100 e100",
		" E1000000-0000-0000-0000-000000000000 ": "e100 e100",
		`"e1000000-0000-0000-0000-000000000000"`: "",
		`"` + mentioned + `"`:                    "0000 0000",
		unknown:                                  "0000 0000",
	} {
		for _, size := range []int32{0, 1} {
			var got []string
			req := &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: 1, Query: query, PageSize: size}
			for first := true; first || req.GetPageToken() != ""; first = false {
				resp, err := w.ListIssueEvents(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range resp.GetEvents() {
					got = append(got, e.GetEventId()[:4])
				}
				req.PageToken = resp.GetNextPageToken()
			}
			if got := strings.Join(got, " "); got != want {
				t.Errorf("%s, pages of %d: %s, want %s", query, size, got, want)
			}
		}
	}
}

func TestActivitiesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedEvents(t, w)
	rows := [][]any{}
	for n := range 5 {
		rows = append(rows, []any{1, 1, []int{1, 6, 24, 26, 3}[n], "user:1", `{"n": 1}`, now.Add(time.Duration(n/2) * time.Hour)})
	}
	w.Copy(t, "activities", "project_id group_id type actor details created_at", rows)
	req := &searchv1.ListIssueActivitiesRequest{OrganizationId: 1, IssueId: 1, PageSize: 2}
	var got []string
	for first := true; first || req.GetPageToken() != ""; first = false {
		resp, err := w.ListIssueActivities(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range resp.GetActivities() {
			got = append(got, a.GetType())
		}
		req.PageToken = resp.GetNextPageToken()
	}
	if want := []string{"set_ignored", "set_priority", "auto_set_ongoing", "set_regression", "set_resolved", "first_seen"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What is listed is what `device.class:` takes.
func TestDeviceClassesAreListedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	for n, class := range []string{"1", "2", "3", "3", "4"} {
		w.Event(t, storetest.Event{Group: 1, Ago: time.Duration(n) * time.Hour, Tags: map[string]string{"device.class": class}})
	}
	values, err := w.ListTagValues(t.Context(), &searchv1.ListTagValuesRequest{OrganizationId: 1, Key: "device.class"})
	var got []string
	for _, v := range values.GetValues() {
		got = append(got, fmt.Sprintf("%s %d", v.GetValue(), v.GetCount()))
	}
	if want := []string{"high 2", "4 1", "low 1", "medium 1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	keys, err := w.ListTagKeys(t.Context(), &searchv1.ListTagKeysRequest{OrganizationId: 1, PageSize: 1})
	if k := keys.GetKeys(); err != nil || k[0].GetKey() != "device.class" || k[0].GetCount() != 5 || k[0].GetUniqueValues() != 4 {
		t.Errorf("%v, %v", k, err)
	}
}

func TestTagsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedEvents(t, w)
	for name, c := range map[string]struct {
		req  *searchv1.ListTagKeysRequest
		want string
	}{
		"of an issue": {
			&searchv1.ListTagKeysRequest{OrganizationId: 1, IssueId: 1, PageSize: 2},
			"browser 7/2, environment 7/2, level 7/1, n 7/7, transaction 7/1",
		},
		"of all issues": {&searchv1.ListTagKeysRequest{OrganizationId: 1}, "browser 8/3, environment 7/2, level 8/1, n 7/7, transaction 8/1"},
		"of an environment": {
			&searchv1.ListTagKeysRequest{OrganizationId: 1, Environments: []string{"dev"}},
			"browser 3/2, environment 3/1, level 3/1, n 3/3, transaction 3/1",
		},
		"of a window": {&searchv1.ListTagKeysRequest{OrganizationId: 1, StartTime: ago(time.Minute)}, "browser 1/1, level 1/1, transaction 1/1"},
		"of no event": {&searchv1.ListTagKeysRequest{OrganizationId: 1, EndTime: ago(day)}, ""},
	} {
		var got []string
		for first := true; first || c.req.GetPageToken() != ""; first = false {
			resp, err := w.ListTagKeys(t.Context(), c.req)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range resp.GetKeys() {
				got = append(got, fmt.Sprintf("%s %d/%d", k.GetKey(), k.GetCount(), k.GetUniqueValues()))
			}
			c.req.PageToken = resp.GetNextPageToken()
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		req  *searchv1.ListTagValuesRequest
		want string
	}{
		"browser":         {&searchv1.ListTagValuesRequest{Key: "browser", PageSize: 1}, "Chrome 5 0.625 of 8, Firefox 2 0.250 of 8, Opera 1 0.125 of 8"},
		"of an issue":     {&searchv1.ListTagValuesRequest{Key: "browser", IssueId: 2}, "Opera 1 1.000 of 1"},
		"environment":     {&searchv1.ListTagValuesRequest{Key: "environment", PageSize: 1}, "prod 4 0.571 of 7, dev 3 0.429 of 7"},
		"level":           {&searchv1.ListTagValuesRequest{Key: "level"}, "error 8 1.000 of 8"},
		"in environments": {&searchv1.ListTagValuesRequest{Key: "browser", Environments: []string{"dev"}}, "Chrome 2 0.667 of 3, Firefox 1 0.333 of 3"},
		"nobody":          {&searchv1.ListTagValuesRequest{Key: "user"}, ""},
		"unknown":         {&searchv1.ListTagValuesRequest{Key: "nothing"}, ""},
	} {
		c.req.OrganizationId = 1
		var got []string
		for first := true; first || c.req.GetPageToken() != ""; first = false {
			resp, err := w.ListTagValues(t.Context(), c.req)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range resp.GetValues() {
				got = append(got, fmt.Sprintf("%s %d %.3f of %d", v.GetValue(), v.GetCount(), v.GetShare(), resp.GetTotalCount()))
			}
			c.req.PageToken = resp.GetNextPageToken()
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

package server_test

import (
	"testing"
	"time"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// Issue 1 has event e1, issues 1 and 2 of two projects have e2, issue 3 is being deleted, 4 went into 1, and 5 belongs to
// others.
func TestAQueryThatNamesAnEventOrAnIssueFindsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Project(t, 1, 2, "web-shop")
	w.Project(t, 2, 3, "elsewhere")
	const e1, e2, e3, e5 = "e1000000000000000000000000000000", "e2000000000000000000000000000000", "e3000000000000000000000000000000", "e5000000000000000000000000000000"
	w.Group(t, storetest.Group{ID: 1, Status: issue.Resolved})
	w.Event(t, storetest.Event{Group: 1, ID: e1, Ago: 2 * day})
	w.Event(t, storetest.Event{Group: 1, ID: e2, Ago: 3 * day})
	w.Group(t, storetest.Group{Project: 2, ID: 2})
	w.Event(t, storetest.Event{Project: 2, Group: 2, ID: e2, Kind: 1, Ago: time.Hour, Message: "see BACKEND-1"})
	w.Group(t, storetest.Group{ID: 3, Status: issue.PendingDeletion})
	w.Event(t, storetest.Event{Group: 3, ID: e3})
	w.Group(t, storetest.Group{ID: 4, Status: issue.PendingMerge})
	w.Merged(t, 1, 4, 1)
	w.Group(t, storetest.Group{Project: 3, ID: 5})
	w.Event(t, storetest.Event{Project: 3, Group: 5, ID: e5})
	for query, c := range map[string]struct {
		want   string
		direct bool
		event  string
	}{
		e1:                                       {"1", true, e1},
		" E1000000-0000-0000-0000-000000000000 ": {"1", true, e1},
		`"e1000000-0000-0000-0000-000000000000"`: {"", false, ""},
		e2:                                       {"2 1", false, ""},
		e3:                                       {"", false, ""},
		e5:                                       {"", false, ""},
		"BACKEND-1":                              {"1", true, ""},
		"issue:backend_1":                        {"", false, ""}, // a condition, like others
		"web-shop 2":                             {"2", true, ""},
		"BACKEND-4":                              {"1", true, ""},
		"BACKEND-3":                              {"", false, ""},
		"ELSEWHERE-5":                            {"", false, ""},
		`"BACKEND-1"`:                            {"2", false, ""},
		"BACKEND-1 is:new":                       {"", false, ""},
		"issue:[BACKEND-1]":                      {"", false, ""}, // a search, in project 2
	} {
		resp := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, ProjectIds: []int64{2}, Query: &query, StartTime: ago(3 * time.Hour)})
		if got := ids(resp); got != c.want || resp.GetDirectHit() != c.direct || resp.GetMatchingEventId() != c.event {
			t.Errorf("%s: %v, want %+v", query, resp, c)
		}
	}
	oneOfTwo := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new(e2), PageSize: 1})
	if ids(oneOfTwo) != "2" || oneOfTwo.GetDirectHit() || oneOfTwo.GetMatchingEventId() != "" || oneOfTwo.GetTotalSize() != 2 {
		t.Errorf("one of two issues: %v", oneOfTwo)
	}
	hit := search(t, w, &searchv1.SearchIssuesRequest{
		OrganizationId: 1, Query: new(e1), StatsPeriod: searchv1.StatsPeriod_STATS_PERIOD_FORTNIGHT, Expand: []searchv1.IssuePart{searchv1.IssuePart_ISSUE_PART_LATEST_EVENT},
	}).GetIssues()[0]
	if hit.GetTimesSeen() != 2 || hit.GetWindow() != nil || hit.GetMatching() != nil || len(hit.GetStats()) != 14 || hit.GetLatestEvent().GetEventId() != e1 {
		t.Errorf("the hit is %v", hit)
	}
}

func TestASearchThatFindsNothingHintsAtMisspeltFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	const hint = `column 8: asigned is the key of a tag; did you mean "assigned"?`
	for query, want := range map[string]int{"is:new asigned:none": 1, "is:new asigned:none OR is:new": 0, "is:muted is:new": 0} {
		resp := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query})
		if len(resp.GetHints()) != want || want == 1 && resp.GetHints()[0] != hint {
			t.Errorf("%s: %v", query, resp)
		}
		explained, err := w.ExplainQuery(t.Context(), &searchv1.ExplainQueryRequest{Search: &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query}})
		if err != nil || (len(explained.GetHints()) > 0) != (query != "is:muted is:new") {
			t.Errorf("%s: %v, %v", query, explained.GetHints(), err)
		}
	}
}

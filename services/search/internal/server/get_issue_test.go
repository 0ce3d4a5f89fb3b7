package server_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

const eventID = "11111111111111111111111111111111"

func byShortID(name string) *searchv1.GetIssueRequest {
	return &searchv1.GetIssueRequest{OrganizationId: 1, Name: &searchv1.GetIssueRequest_ShortId{ShortId: name}}
}

func byID(id int64) *searchv1.GetIssueRequest {
	return &searchv1.GetIssueRequest{OrganizationId: 1, Name: &searchv1.GetIssueRequest_IssueId{IssueId: id}}
}

func byEvent(id string) *searchv1.GetIssueRequest {
	return &searchv1.GetIssueRequest{OrganizationId: 1, Name: &searchv1.GetIssueRequest_EventId{EventId: id}}
}

func TestAnIssueIsFoundByEachOfItsNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	w.Event(t, storetest.Event{Project: 2, Group: 7, ID: eventID, Ago: 10 * day})
	for name, req := range map[string]*searchv1.GetIssueRequest{
		"id":                  byID(7),
		"short id":            byShortID("WEB-SHOP-7"),
		"another spelling":    byShortID("issue:web-shop_7"),
		"id as short id":      byShortID("7"),
		"event id":            byEvent(eventID),
		"event id in capital": byEvent("{11111111-1111-1111-1111-111111111111}"),
	} {
		resp, err := w.GetIssue(t.Context(), req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := resp.GetIssue().GetId(); got != 7 {
			t.Errorf("%s: issue %d, want 7", name, got)
		}
		if got := resp.GetLatestEvent().GetSeenTime().AsTime(); !got.Equal(now.Add(-7 * time.Hour)) {
			t.Errorf("%s: latest event of %v", name, got)
		}
	}
}

func TestWhatIsNotFoundIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	for name, req := range map[string]*searchv1.GetIssueRequest{
		"99":          byID(99),
		"6":           byID(6), // is being deleted
		"8":           byID(8), // is another organization's
		"BACKEND-99":  byShortID("BACKEND-99"),
		"ELSEWHERE-8": byShortID("ELSEWHERE-8"),
		"BACKEND-U":   byShortID("BACKEND-U"),
		eventID:       byEvent(eventID),
	} {
		_, err := w.GetIssue(t.Context(), req)
		wantMissing(t, err, "issue", name)
	}
	_, err := w.GetIssue(t.Context(), byEvent("what"))
	if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "event_id" {
		t.Errorf("got %v", err)
	}
}

func TestTheLatestEventIsAnsweredWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	w.Event(t, storetest.Event{
		Group: 1, ID: eventID, Ago: time.Hour, Environment: "prod", Release: "1.0", Message: "boom", User: "5",
		Trace: "0af7651916cd43dd8448eb211c80319c", Span: "b7ad6b7169203331", Tags: map[string]string{"b": "2", "a": "1"},
		Fields: map[string]any{"http.method": "POST", "measurements.lcp": 2.5}, ErrorTypes: []string{"TypeError"}, Unhandled: true,
	})
	resp, err := w.GetIssue(t.Context(), byID(1))
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &issuesv1.Event{
		EventId: eventID, SeenTime: ago(time.Hour), ReceivedTime: ago(time.Hour), Platform: "go", Level: issuesv1.Level_LEVEL_ERROR,
		Title: "Event title", Culprit: "culprit", Environment: "prod", Release: "1.0", Message: "boom", Transaction: "/checkout", User: &issuesv1.User{Id: "5"},
		TraceId: "0af7651916cd43dd8448eb211c80319c", SpanId: "b7ad6b7169203331",
		Tags:    []*issuesv1.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}},
		SdkName: "sentry.go", SdkVersion: "1.0",
		Fields: []*issuesv1.EventField{
			{Name: "http.method", Value: &issuesv1.EventField_Text{Text: "POST"}}, {Name: "measurements.lcp", Value: &issuesv1.EventField_Number{Number: 2.5}},
		},
		Errors: &issuesv1.EventErrors{Types: []string{"TypeError"}, Unhandled: true},
	}, resp.GetLatestEvent())
}

func TestAMergedIssueLeadsToTheOneThatHasItsHashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	w.Group(t, storetest.Group{ID: 2, Status: issue.PendingMerge})
	w.Group(t, storetest.Group{ID: 3, Status: issue.PendingMerge})
	w.Merged(t, 1, 2, 1)
	for name, req := range map[string]*searchv1.GetIssueRequest{"id": byID(2), "short id": byShortID("BACKEND-2")} {
		resp, err := w.GetIssue(t.Context(), req)
		if err != nil || resp.GetIssue().GetId() != 1 {
			t.Errorf("%s: %v, %v", name, resp.GetIssue(), err)
		}
	}
	_, err := w.GetIssue(t.Context(), byID(3)) // on its way into another
	wantMissing(t, err, "issue", "3")
}

func TestListsOfAMergedIssueAreThoseOfTheOneThatHasItsHashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	w.Group(t, storetest.Group{ID: 1})
	w.Group(t, storetest.Group{ID: 2, Status: issue.PendingMerge})
	w.Group(t, storetest.Group{ID: 3, Status: issue.PendingMerge})
	w.Merged(t, 1, 2, 1)
	w.Hash(t, 1, 1, "aa")
	w.Event(t, storetest.Event{Group: 1, Tags: map[string]string{"browser": "Chrome"}})
	for name, list := range map[string]func(id int64) (int, error){
		"events": func(id int64) (int, error) {
			resp, err := w.ListIssueEvents(t.Context(), &searchv1.ListIssueEventsRequest{OrganizationId: 1, IssueId: id})
			return len(resp.GetEvents()), err
		},
		"activities": func(id int64) (int, error) {
			resp, err := w.ListIssueActivities(t.Context(), &searchv1.ListIssueActivitiesRequest{OrganizationId: 1, IssueId: id})
			return len(resp.GetActivities()), err
		},
		"hashes": func(id int64) (int, error) {
			resp, err := w.ListIssueHashes(t.Context(), &searchv1.ListIssueHashesRequest{OrganizationId: 1, IssueId: id})
			return len(resp.GetHashes()), err
		},
		"tag keys": func(id int64) (int, error) {
			resp, err := w.ListTagKeys(t.Context(), &searchv1.ListTagKeysRequest{OrganizationId: 1, IssueId: id})
			return len(resp.GetKeys()) / 3, err // level and transaction besides
		},
		"tag values": func(id int64) (int, error) {
			resp, err := w.ListTagValues(t.Context(), &searchv1.ListTagValuesRequest{OrganizationId: 1, IssueId: id, Key: "browser"})
			return len(resp.GetValues()), err
		},
	} {
		for id := range int64(2) {
			if n, err := list(id + 1); n != 1 || err != nil {
				t.Errorf("%s of issue %d: %d, %v", name, id+1, n, err)
			}
		}
		_, err := list(3)
		wantMissing(t, err, "issue", "3")
	}
}

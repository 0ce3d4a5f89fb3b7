package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// relations leaves of an issue what people have to do with it.
func relations(i *issuesv1.Issue) *issuesv1.Issue {
	return &issuesv1.Issue{
		Id: i.GetId(), IsBookmarked: i.GetIsBookmarked(), IsSubscribed: i.GetIsSubscribed(), SubscriptionReason: i.GetSubscriptionReason(),
		HasSeen: i.GetHasSeen(), SuggestedOwners: i.GetSuggestedOwners(), ExternalLinks: i.GetExternalLinks(),
		PriorityLockedTime: i.GetPriorityLockedTime(), IsPublic: i.GetIsPublic(), ShareId: i.GetShareId(),
	}
}

func TestAnIssueTellsWhatPeopleHaveToDoWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	for id := range int64(3) {
		w.Group(t, storetest.Group{ID: id + 1, FirstSeen: 2 * time.Hour}) // made two hours ago
		w.Event(t, storetest.Event{Group: id + 1, Ago: time.Duration(id) * time.Minute})
	}
	w.Copy(t, "bookmarks", "project_id group_id user_id created_at", [][]any{{1, 1, "1", now}, {1, 2, "2", now}})
	w.Copy(t, "subscriptions", "project_id group_id user_id is_active reason created_at", [][]any{
		{1, 1, "1", true, 2, now}, {1, 1, "2", false, -1, now}, {1, 2, "2", true, 1, now}, {1, 3, "2", true, 3, now},
	})
	w.Copy(t, "seen_marks", "project_id group_id user_id seen_at", [][]any{
		{1, 1, "1", now.Add(-time.Hour)}, {1, 2, "1", now.Add(-3 * time.Hour)}, {1, 3, "2", now.Add(-2 * time.Hour)},
	})
	w.Copy(t, "issue_owners", "project_id group_id type owner created_at", [][]any{
		{1, 1, 2, "team:1", now}, {1, 1, 0, "user:2", now.Add(-time.Hour)}, {1, 2, 1, "user:1", now.Add(-time.Microsecond)},
	})
	w.Copy(t, "issue_links", "project_id group_id url display_name created_at", [][]any{
		{1, 1, "https://b", "B-1", now}, {1, 1, "https://a", "", now.Add(time.Second)},
	})
	w.LockPriority(t, 1, 2)
	const share = "0123456789abcdef0123456789abcdef"
	w.Copy(t, "shares", "project_id group_id share_id created_at", [][]any{{1, 1, uuid.MustParse(share), now}})
	of := func(source issuesv1.OwnerSource, who string, before time.Duration) *issuesv1.SuggestedOwner {
		return &issuesv1.SuggestedOwner{Source: source, Owner: who, SuggestedTime: timestamppb.New(now.Add(-before))}
	}
	first := &issuesv1.Issue{
		Id: 1, SuggestedOwners: []*issuesv1.SuggestedOwner{
			of(issuesv1.OwnerSource_OWNER_SOURCE_SUSPECT_COMMIT, "user:2", time.Hour), of(issuesv1.OwnerSource_OWNER_SOURCE_CODEOWNERS, "team:1", 0),
		},
		ExternalLinks: []*issuesv1.ExternalLink{{Url: "https://b", DisplayName: "B-1"}, {Url: "https://a"}},
		IsPublic:      true, ShareId: share,
	}
	second := &issuesv1.Issue{
		Id: 2, SuggestedOwners: []*issuesv1.SuggestedOwner{of(issuesv1.OwnerSource_OWNER_SOURCE_OWNERSHIP_RULE, "user:1", time.Microsecond)},
		PriorityLockedTime: timestamppb.New(now),
	}
	third := &issuesv1.Issue{Id: 3}
	mine := func(i *issuesv1.Issue, bookmarked, subscribed, seen bool, reason issuesv1.SubscriptionReason) *issuesv1.Issue {
		i = proto.CloneOf(i)
		i.IsBookmarked, i.IsSubscribed, i.HasSeen, i.SubscriptionReason = bookmarked, subscribed, seen, reason
		return i
	}
	for caller, want := range map[string][]*issuesv1.Issue{
		"user:1": {
			mine(first, true, true, true, issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_BOOKMARK),
			mine(second, false, false, false, 0), third,
		},
		"user:2": {
			mine(first, false, false, false, issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_UNKNOWN),
			mine(second, true, true, false, issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_ASSIGNED),
			mine(third, false, true, true, issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_STATUS_CHANGE),
		},
		"team:1": {first, second, third},
		"":       {first, second, third},
	} {
		found, err := w.SearchIssues(as(t, caller), &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("")})
		if err != nil || len(found.GetIssues()) != len(want) {
			t.Fatalf("%q finds %v, %v", caller, found, err)
		}
		for n, i := range found.GetIssues() {
			diffProto(t, want[n], relations(i))
			got, err := w.GetIssue(as(t, caller), byID(i.GetId()))
			if err != nil {
				t.Fatal(err)
			}
			diffProto(t, want[n], relations(got.GetIssue()))
		}
	}
}

func TestASharedIssueIsFoundByItsShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	const share = "0123456789abcdef0123456789abcdef"
	w.Copy(t, "shares", "project_id group_id share_id created_at", [][]any{{1, 1, uuid.MustParse(share), now}})
	for _, c := range []struct {
		organization int64
		share        string
		want         codes.Code
	}{
		{1, share, codes.OK},
		{1, "ffffffffffffffffffffffffffffffff", codes.NotFound},
		{2, share, codes.NotFound},
		{1, "not an id", codes.InvalidArgument},
	} {
		got, err := w.GetIssue(t.Context(), &searchv1.GetIssueRequest{
			OrganizationId: c.organization, Name: &searchv1.GetIssueRequest_ShareId{ShareId: c.share},
		})
		if status.Code(err) != c.want || err == nil && got.GetIssue().GetId() != 1 {
			t.Errorf("%q in organization %d: %v, %v", c.share, c.organization, got, err)
		}
	}
}

func TestReleasesAreSearchedByStageInAnEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	releases := []string{"", "adopted", "replaced", "said to be low", "unsaid"}
	for i, release := range releases {
		w.Group(t, storetest.Group{ID: int64(i + 1)})
		w.Event(t, storetest.Event{Group: int64(i + 1), Release: release, Environment: "prod"})
	}
	w.Copy(t, "environments", "project_id name first_seen", [][]any{{1, "dev", now}})
	w.Copy(t, "release_adoptions", "project_id version environment adopted_at replaced_at", [][]any{
		{1, "adopted", "prod", now, nil}, {1, "replaced", "prod", now, now}, {1, "said to be low", "prod", nil, nil}, {1, "unsaid", "dev", now, nil},
	})
	for query, want := range map[string]string{
		"release.stage:adopted":                  "2",
		"release.stage:replaced":                 "3",
		"release.stage:low_adoption":             "5 4",
		"release.stage:[adopted, replaced]":      "3 2",
		"!release.stage:adopted":                 "5 4 3",
		"!release.stage:[adopted, low_adoption]": "3",
		"has:release.stage":                      "5 4 3 2",
		"!has:release.stage":                     "1",
		"release.stage:adopted release:replaced": "",
	} {
		found := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query, Environments: []string{"prod"}})
		var ids []string
		for _, i := range found.GetIssues() {
			ids = append(ids, fmt.Sprint(i.GetId()))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
	for _, environments := range [][]string{nil, {"prod", "dev"}} {
		_, err := w.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("release.stage:adopted"), Environments: environments})
		if field, description := violation(err); field != "query" || !strings.Contains(description, "single environment") {
			t.Errorf("in environments %v: %v", environments, err)
		}
	}
}

func TestTheLatestEventOfTheWindowIsToldWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	const part = searchv1.IssuePart_ISSUE_PART_LATEST_EVENT
	for name, c := range map[string]struct {
		req  *searchv1.SearchIssuesRequest
		want *issuesv1.Event
	}{
		"not asked for":                 {&searchv1.SearchIssuesRequest{}, nil},
		"asked for and left out":        {&searchv1.SearchIssuesRequest{Expand: []searchv1.IssuePart{part}, Collapse: []searchv1.IssuePart{part}}, nil},
		"whatever the query":            {&searchv1.SearchIssuesRequest{Expand: []searchv1.IssuePart{part}, Query: new("issue.id:1 level:warning")}, &issuesv1.Event{Environment: "prod", SeenTime: ago(time.Hour)}},
		"in the environments":           {&searchv1.SearchIssuesRequest{Expand: []searchv1.IssuePart{part}, Environments: []string{"dev"}}, &issuesv1.Event{Environment: "dev", SeenTime: ago(2 * time.Hour)}},
		"in the window of the request":  {&searchv1.SearchIssuesRequest{Expand: []searchv1.IssuePart{part}, Query: new("issue.id:1"), EndTime: ago(90 * time.Minute)}, &issuesv1.Event{Environment: "dev", SeenTime: ago(2 * time.Hour)}},
		"in the window, by frequencies": {&searchv1.SearchIssuesRequest{Expand: []searchv1.IssuePart{part}, Query: new("issue.id:1"), Sort: searchv1.IssueSort_ISSUE_SORT_FREQ}, &issuesv1.Event{Environment: "prod", SeenTime: ago(time.Hour)}},
	} {
		c.req.OrganizationId = 1
		if c.req.Query == nil {
			c.req.Query = new("issue.id:1")
		}
		got := search(t, w, c.req).GetIssues()[0].GetLatestEvent()
		if got != nil {
			got = &issuesv1.Event{Environment: got.GetEnvironment(), SeenTime: got.GetSeenTime()}
		}
		t.Log(name)
		diffProto(t, c.want, got)
	}
}

func TestAnIssueTellsTheConditionsOfItsStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	for id, status := range map[int64]issue.Status{
		1: issue.Ignored, 2: issue.Ignored, 3: issue.Resolved, 4: issue.Resolved, 5: issue.Resolved, 6: issue.Unresolved, 7: issue.Resolved,
	} {
		w.Group(t, storetest.Group{ID: id, Status: status})
		w.Event(t, storetest.Event{Group: id, User: "a"})
		w.Event(t, storetest.Event{Group: id, User: "b"})
	}
	w.Copy(t, "snoozes", "project_id group_id until count window_seconds user_count user_window_seconds times_seen users_seen actor", [][]any{
		{1, 1, now.Add(time.Hour), 5, 0, 9, 0, 1, 0, "user:1"}, {1, 2, nil, 5, 60, 3, 3600, 1, 0, "user:2"}, {1, 6, nil, 1, 0, 0, 0, 0, 0, ""},
	})
	w.Copy(t, "resolutions", "project_id group_id kind pending release current_release repository commit_id actor created_at", [][]any{
		{1, 3, 0, false, "1.0", "", "", "", "user:1", now},
		{1, 4, 1, true, "1.0", "1.0", "", "", "", now},
		{1, 5, 3, true, "", "", "acme/app", "c0ffee", "user:2", now},
		{1, 7, 2, true, "", "", "", "", "", now},
	})
	for id, want := range map[int64]*issuesv1.StatusDetails{
		1: {IgnoreUntil: timestamppb.New(now.Add(time.Hour)), IgnoreCount: 4, IgnoreUserCount: 7, Actor: "user:1"}, // one event and two users came
		2: {
			IgnoreCount: 5, IgnoreWindow: durationpb.New(time.Minute), IgnoreUserCount: 3, IgnoreUserWindow: durationpb.New(time.Hour), Actor: "user:2",
		},
		3: {Resolution: &issuesv1.StatusDetails_InRelease{InRelease: "1.0"}, Actor: "user:1"},
		4: {Resolution: &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}},
		5: {Resolution: &issuesv1.StatusDetails_InCommit{InCommit: &issuesv1.CommitReference{Repository: "acme/app", CommitId: "c0ffee"}}, Actor: "user:2"},
		6: nil, // lifted meanwhile
		7: {Resolution: &issuesv1.StatusDetails_InUpcomingRelease{InUpcomingRelease: true}},
	} {
		found := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new(fmt.Sprintf("issue.id:%d", id))})
		diffProto(t, want, found.GetIssues()[0].GetStatusDetails())
		got, err := w.GetIssue(t.Context(), byID(id))
		if err != nil {
			t.Fatal(err)
		}
		diffProto(t, want, got.GetIssue().GetStatusDetails())
	}
}

func TestAnIssueTellsWhyItWaitsForReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, 1, 1, "backend")
	reasons := map[int64]issuesv1.InboxReason{
		int64(issue.InboxNew) + 1:        issuesv1.InboxReason_INBOX_REASON_NEW,
		int64(issue.InboxRegression) + 1: issuesv1.InboxReason_INBOX_REASON_REGRESSION,
		int64(issue.InboxManual) + 1:     issuesv1.InboxReason_INBOX_REASON_MANUAL,
		int64(issue.InboxEscalating) + 1: issuesv1.InboxReason_INBOX_REASON_ESCALATING,
		int64(issue.InboxOngoing) + 1:    issuesv1.InboxReason_INBOX_REASON_ONGOING,
	}
	for id := range reasons {
		reason := issue.InboxReason(id - 1)
		w.Group(t, storetest.Group{ID: id, Inbox: &reason, InboxAdded: time.Duration(id) * time.Hour})
		w.Event(t, storetest.Event{Group: id})
	}
	w.Group(t, storetest.Group{ID: 99})
	w.Event(t, storetest.Event{Group: 99})
	reasons[99] = issuesv1.InboxReason_INBOX_REASON_UNSPECIFIED
	found := search(t, w, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: new("")}).GetIssues()
	if len(found) != len(reasons) {
		t.Fatalf("%d issues, want %d", len(found), len(reasons))
	}
	for _, i := range found {
		want := &issuesv1.Issue{Id: i.GetId(), InboxReason: reasons[i.GetId()]}
		if want.GetInboxReason() != issuesv1.InboxReason_INBOX_REASON_UNSPECIFIED {
			want.InboxTime = timestamppb.New(now.Add(-time.Duration(i.GetId()) * time.Hour))
		}
		diffProto(t, want, &issuesv1.Issue{Id: i.GetId(), InboxReason: i.GetInboxReason(), InboxTime: i.GetInboxTime()})
		got, err := w.GetIssue(t.Context(), byID(i.GetId()))
		if err != nil {
			t.Fatal(err)
		}
		diffProto(t, want.GetInboxTime(), got.GetIssue().GetInboxTime())
	}
}

package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// people makes users ann, bob and carl; ann and bob are in team core, which has project 1. Team other has nothing.
func (r replica) people(t *testing.T) {
	t.Helper()
	for _, id := range []string{"ann", "bob", "carl"} {
		r.user(t, &groupingv1.User{Id: id, Username: id + "-login", Email: id + "@acme.test"})
	}
	r.team(t, &groupingv1.Team{Id: "core", Slug: "core", MemberIds: []string{"ann", "bob"}, ProjectIds: []int64{1}})
	r.team(t, &groupingv1.Team{Id: "other", Slug: "other", MemberIds: []string{"carl"}})
}

func (r replica) updateAs(ctx context.Context, issue *issuesv1.Issue, path string, ids ...int64) (*issuesv1.Issue, error) {
	resp, err := r.UpdateGroups(ctx, &groupingv1.UpdateGroupsRequest{Selections: selections(ids...), Issue: issue, UpdateMask: mask(path)})
	if err != nil {
		return nil, err
	}
	return resp.GetResults()[0].GetIssue(), nil
}

// subscriptions as searches see them: `user reason` of each that is active, `-user reason` of each that was ended.
func subscriptions(t *testing.T, in *installation, group int64) string {
	t.Helper()
	rows, err := in.db.Pool(t, provision.SearchReader).Query(t.Context(), `
		SELECT CASE WHEN is_active THEN '' ELSE '-' END || user_id || ' ' || reason FROM subscriptions
		WHERE project_id = 1 AND group_id = $1 ORDER BY user_id`, group)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, ", ")
}

func violations(err error) []*errdetails.BadRequest_FieldViolation {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			return bad.GetFieldViolations()
		}
	}
	return nil
}

func TestMarksAreThoseOfTheCaller(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	r.people(t)
	id := r.makeGroups(t, "a")[0]
	type marks struct {
		Bookmarked, Subscribed, Seen bool
		Reason                       issuesv1.SubscriptionReason
	}
	const none, byHand, bookmark = issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_UNSPECIFIED,
		issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_UNKNOWN, issuesv1.SubscriptionReason_SUBSCRIPTION_REASON_BOOKMARK
	etag := ""
	for _, step := range []struct {
		who, path string
		value     bool
		want      marks
	}{
		{"ann", "is_bookmarked", true, marks{Bookmarked: true, Subscribed: true, Reason: bookmark}},
		{"bob", "has_seen", true, marks{Seen: true}},
		{"ann", "is_subscribed", false, marks{Bookmarked: true, Reason: byHand}},
		{"ann", "is_bookmarked", true, marks{Bookmarked: true, Reason: byHand}}, // what was ended by hand stays so
		{"ann", "has_seen", true, marks{Bookmarked: true, Seen: true, Reason: byHand}},
		{"ann", "is_bookmarked", false, marks{Seen: true}},
		{"ann", "is_subscribed", true, marks{Seen: true, Subscribed: true, Reason: byHand}},
		{"bob", "has_seen", false, marks{Reason: none}},
		{"carl", "has_seen", true, marks{}}, // no member of the project
	} {
		change := &issuesv1.Issue{IsBookmarked: step.value, IsSubscribed: step.value, HasSeen: step.value}
		got, err := r.updateAs(as(t, "user:"+step.who), change, step.path, id)
		if err != nil {
			t.Fatal(err)
		}
		now := marks{got.GetIsBookmarked(), got.GetIsSubscribed(), got.GetHasSeen(), got.GetSubscriptionReason()}
		if diff := cmp.Diff(step.want, now); diff != "" {
			t.Errorf("%s %s %v: %s", step.who, step.path, step.value, diff)
		}
		if etag != "" && got.GetEtag() != etag {
			t.Errorf("a mark changed the etag from %s to %s", etag, got.GetEtag())
		}
		etag = got.GetEtag()
	}
	for _, who := range []string{"", "team:core"} {
		ctx := t.Context()
		if who != "" {
			ctx = as(t, who)
		}
		if _, err := r.updateAs(ctx, &issuesv1.Issue{HasSeen: true}, "has_seen", id); status.Code(err) != codes.InvalidArgument {
			t.Errorf("marks of %q: %v", who, err)
		}
	}
	// What was seen before it came back was not seen.
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, []string{"status"}, id)
	r.assign(t, occurrence(now.Add(time.Minute), "a"))
	if got, err := r.updateAs(as(t, "user:ann"), &issuesv1.Issue{Priority: issuesv1.Priority_PRIORITY_HIGH}, "priority", id); err != nil || got.GetHasSeen() {
		t.Errorf("a regression is seen: %v, %v", got, err)
	}
}

func TestWhoChangesOrGetsAnIssueIsToldOfIt(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	r.people(t)
	resolved := &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}
	ignored := &issuesv1.Issue{Status: issuesv1.Status_STATUS_IGNORED}
	ids := r.makeGroups(t, "a", "b", "c", "d", "e")
	do := func(who string, change *issuesv1.Issue, path string, ids ...int64) {
		t.Helper()
		if _, err := r.updateAs(as(t, who), change, path, ids...); err != nil {
			t.Fatal(err)
		}
	}
	do("user:carl", resolved, "status", ids[0], ids[1])
	do("user:carl", ignored, "status", ids[2], ids[3]) // several: nobody is subscribed
	do("user:bob", ignored, "status", ids[4])
	do("user:ann", &issuesv1.Issue{}, "is_subscribed", ids[0])
	do("user:ann", resolved, "status", ids[0])
	do("user:carl", &issuesv1.Issue{Assignee: "team:core"}, "assignee", ids[0])
	do("team:core", resolved, "status", ids[3])
	for i, want := range []string{"-ann -1, bob 1, carl 3", "carl 3", "", "", "bob 3"} {
		if got := subscriptions(t, in, ids[i]); got != want {
			t.Errorf("issue %d: %q, want %q", i, got, want)
		}
	}
}

func TestIssuesAreAssignedToWhoHasTheProject(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	// An organization that keeps its people elsewhere gives ids of its own.
	for text, want := range map[string]string{"user:77": "user:77", "77": "user:77", "team:x|9": "team:x|9", "": ""} {
		if got, err := r.updateAs(as(t, "user:ann"), &issuesv1.Issue{Assignee: text}, "assignee", id); err != nil || got.GetAssignee() != want {
			t.Errorf("%q: %v, %v", text, got.GetAssignee(), err)
		}
	}
	r.user(t, &groupingv1.User{Id: "lone"})
	if got, err := r.updateAs(as(t, "user:ann"), &issuesv1.Issue{Assignee: "lone"}, "assignee", id); err != nil || got.GetAssignee() != "user:lone" {
		t.Errorf("a user of a project without teams: %v, %v", got.GetAssignee(), err)
	}
	r.people(t)
	for text, want := range map[string]string{
		"user:ann": "user:ann", "bob": "user:bob", "ANN-login": "user:ann", "bob@ACME.test": "user:bob", "team:core": "team:core", "": "",
		"user:ann-login": "", "user:carl": "", "carl@acme.test": "", "nobody": "", "team:other": "", "team:none": "", "user:": "", "team:": "",
	} {
		got, err := r.updateAs(as(t, "user:ann"), &issuesv1.Issue{Assignee: text}, "assignee", id)
		if want == "" && text != "" {
			if v := violations(err); len(v) != 1 || v[0].GetField() != "issue.assignee" {
				t.Errorf("%q: %v, %v", text, got, err)
			}
		} else if err != nil || got.GetAssignee() != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	// The same for the assignee that comes with an occurrence; whoever cannot get it is nobody.
	for text, want := range map[string]string{"user:ann": "user:ann", "user:bob@acme.test": "user:bob", "team:core": "team:core", "user:carl": "", "team:none": ""} {
		item := occurrence(now, "with "+text)
		item.GetOccurrence().Assignee = text
		made := judgement(t, r.assign(t, item)[0])
		var got string
		if err := in.pool(t).QueryRow(t.Context(), `SELECT assignee FROM groups WHERE id = $1`, made.GetGroupId()).Scan(&got); err != nil || got != want {
			t.Errorf("an occurrence with %q: %q, %v", text, got, err)
		}
		if got, want := subscriptions(t, in, made.GetGroupId()), map[string]string{"user:ann": "ann 1", "user:bob": "bob 1", "team:core": "ann 1, bob 1"}[want]; got != want {
			t.Errorf("an occurrence with %q subscribes %q", text, got)
		}
	}
}

func TestOwnersAndLinksAreReplaced(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	const commit, rule = issuesv1.OwnerSource_OWNER_SOURCE_SUSPECT_COMMIT, issuesv1.OwnerSource_OWNER_SOURCE_OWNERSHIP_RULE
	first := &issuesv1.Issue{
		SuggestedOwners: []*issuesv1.SuggestedOwner{{Source: commit, Owner: "user:1"}, {Source: rule, Owner: "team:2"}},
		ExternalLinks:   []*issuesv1.ExternalLink{{Url: "https://tracker.test/1", DisplayName: "T-1"}, {Url: "https://tracker.test/2"}},
	}
	r.update(t, first, []string{"suggested_owners", "external_links"}, id)
	in.pass(time.Hour) // whoever is suggested still keeps the time
	got := r.update(t, &issuesv1.Issue{SuggestedOwners: first.GetSuggestedOwners()[:1]}, []string{"suggested_owners"}, id)[0].GetIssue()
	first.GetExternalLinks()[1].DisplayName = "https://tracker.test/2"
	first.GetSuggestedOwners()[0].SuggestedTime = timestamppb.New(now)
	want := &issuesv1.Issue{SuggestedOwners: first.GetSuggestedOwners()[:1], ExternalLinks: first.GetExternalLinks()}
	if diff := cmp.Diff(want, &issuesv1.Issue{SuggestedOwners: got.GetSuggestedOwners(), ExternalLinks: got.GetExternalLinks()}, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	var rows int
	count := `SELECT (SELECT count(*) FROM issue_owners WHERE owner = 'user:1' AND type = 0 AND created_at = '2026-06-01 12:00Z') + (SELECT count(*) FROM issue_links)`
	if err := in.db.Pool(t, provision.SearchReader).QueryRow(t.Context(), count).Scan(&rows); err != nil || rows != 3 {
		t.Errorf("searches see %d rows: %v", rows, err)
	}
	for name, bad := range map[string]*issuesv1.Issue{
		"suggested_owners": {SuggestedOwners: []*issuesv1.SuggestedOwner{{Source: rule, Owner: "somebody"}}},
		"external_links":   {ExternalLinks: []*issuesv1.ExternalLink{{Url: "javascript:alert(1)"}}},
	} {
		if _, err := r.updateAs(as(t, "user:1"), bad, name, id); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	// They go with the issue.
	if _, err := r.DeleteGroups(t.Context(), &groupingv1.DeleteGroupsRequest{Selections: selections(id)}); err != nil {
		t.Fatal(err)
	}
	r.sweep(t)
	if err := in.db.Pool(t, provision.SearchReader).QueryRow(t.Context(), count).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows are left: %v", rows, err)
	}
}

func TestALockedPrioritySaysSinceWhen(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	in.pass(time.Hour)
	got, err := r.updateAs(as(t, "user:1"), &issuesv1.Issue{Priority: issuesv1.Priority_PRIORITY_HIGH}, "priority", id)
	if want := timestamppb.New(now.Add(time.Hour)); err != nil || cmp.Diff(want, got.GetPriorityLockedTime(), protocmp.Transform()) != "" {
		t.Errorf("locked since %v, want %v: %v", got.GetPriorityLockedTime(), want, err)
	}
}

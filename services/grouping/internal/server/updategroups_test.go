package server_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func as(t *testing.T, who string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "picket-actor", who)
}

// makeGroups makes a group for each fingerprint.
func (r replica) makeGroups(t *testing.T, fingerprints ...string) []int64 {
	t.Helper()
	ids := make([]int64, len(fingerprints))
	for i, fingerprint := range fingerprints {
		ids[i] = judgement(t, r.assign(t, occurrence(now, fingerprint))[0]).GetGroupId()
	}
	return ids
}

func selections(ids ...int64) []*groupingv1.GroupSelection {
	return []*groupingv1.GroupSelection{{ProjectId: 1, GroupIds: ids}}
}

func mask(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

func (r replica) update(t *testing.T, issue *issuesv1.Issue, paths []string, ids ...int64) []*groupingv1.GroupResult {
	t.Helper()
	resp, err := r.UpdateGroups(as(t, "user:1"), &groupingv1.UpdateGroupsRequest{Selections: selections(ids...), Issue: issue, UpdateMask: mask(paths...)})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetResults()
}

func reasonOf(result *groupingv1.GroupResult) string {
	for _, detail := range status.FromProto(result.GetError()).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func TestEachGroupIsChangedByItself(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	ids := r.makeGroups(t, "a", "b")
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, []string{"status"}, ids[0])
	escalating := &issuesv1.Issue{Status: issuesv1.Status_STATUS_UNRESOLVED, Substatus: issuesv1.Substatus_SUBSTATUS_NEW, Assignee: "team:9"}

	results := r.update(t, escalating, []string{"status", "substatus", "assignee"}, ids[0], ids[1], 999)

	if code, reason := codes.Code(results[0].GetError().GetCode()), reasonOf(results[0]); code != codes.FailedPrecondition || reason != "INVALID_TRANSITION" {
		t.Errorf("a transition that does not exist answers %v %s", code, reason)
	}
	if changed := results[1].GetIssue(); changed.GetAssignee() != "team:9" || changed.GetEtag() != "2" || changed.GetShortId() != "BACKEND-2" {
		t.Errorf("the second is %v, %v", changed, results[1].GetError())
	}
	if code := codes.Code(results[2].GetError().GetCode()); code != codes.NotFound {
		t.Errorf("an unknown group answers %v", code)
	}
}

// Of two projects the first is done when the second fails: the answer says both.
func TestWhatIsDoneIsToldThoughALaterProjectFails(t *testing.T) {
	t.Parallel()
	change := map[string]func(r replica, of []*groupingv1.GroupSelection) ([]*groupingv1.GroupResult, error){
		"update": func(r replica, of []*groupingv1.GroupSelection) ([]*groupingv1.GroupResult, error) {
			resp, err := r.UpdateGroups(t.Context(), &groupingv1.UpdateGroupsRequest{
				Selections: of, Issue: &issuesv1.Issue{Assignee: "user:7"}, UpdateMask: mask("assignee"),
			})
			return resp.GetResults(), err
		},
		"delete": func(r replica, of []*groupingv1.GroupSelection) ([]*groupingv1.GroupResult, error) {
			resp, err := r.DeleteGroups(t.Context(), &groupingv1.DeleteGroupsRequest{Selections: of})
			return resp.GetResults(), err
		},
	}
	for name, change := range change {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t)
			r := in.replica(t)
			r.project(t, nil)
			two := int64(2)
			if _, err := r.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: 1, Slug: "web", ProjectId: &two}); err != nil {
				t.Fatal(err)
			}
			item := occurrence(now, "b")
			item.ProjectId = two
			first, second := r.makeGroups(t, "a")[0], judgement(t, r.assign(t, item)[0]).GetGroupId()
			held, err := in.pool(t).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer held.Rollback(context.WithoutCancel(t.Context()))
			if _, err := held.Exec(t.Context(), `SELECT FROM groups WHERE project_id = 2 FOR UPDATE`); err != nil {
				t.Fatal(err)
			}
			watch := in.pool(t)
			answered := make(chan struct{})
			var results []*groupingv1.GroupResult
			go func() {
				defer close(answered)
				results, err = change(r, append(selections(first), &groupingv1.GroupSelection{ProjectId: two, GroupIds: []int64{second}}))
			}()
			awaitBlocked(t, watch, held)
			// From here on the database says nothing about projects, and the second group stays locked.
			if _, err := watch.Exec(t.Context(), `ALTER TABLE projects RENAME TO not_there`); err != nil {
				t.Fatal(err)
			}
			<-answered
			if err != nil || len(results) != 2 {
				t.Fatalf("answers %v, %v", results, err)
			}
			if done := results[0].GetIssue(); done.GetId() != first || done.GetShortId() != "BACKEND-1" {
				t.Errorf("the first is %v", results[0])
			}
			if code := codes.Code(results[1].GetError().GetCode()); code != codes.Unavailable || results[1].GetGroupId() != second {
				t.Errorf("the second is %v", results[1])
			}
		})
	}
}

func TestAnAnswerTellsWhatWasAsWantedAlready(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	owners := []*issuesv1.SuggestedOwner{
		{Source: issuesv1.OwnerSource_OWNER_SOURCE_OWNERSHIP_RULE, Owner: "team:2"}, {Source: issuesv1.OwnerSource_OWNER_SOURCE_SUSPECT_COMMIT, Owner: "user:1"},
	}
	links := []*issuesv1.ExternalLink{{Url: "https://tracker.test/2"}, {Url: "https://tracker.test/1", DisplayName: "T-1"}}
	for name, tc := range map[string]struct {
		issue *issuesv1.Issue
		mask  []string
		again bool // the second time it makes a difference too
	}{
		"status":          {&issuesv1.Issue{Status: issuesv1.Status_STATUS_IGNORED}, []string{"status"}, false},
		"resolved again":  {&issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, []string{"status"}, true}, // its time moves
		"assignee":        {&issuesv1.Issue{Assignee: "user:7"}, []string{"assignee"}, false},
		"inbox":           {&issuesv1.Issue{}, []string{"inbox_reason"}, false},
		"bookmark":        {&issuesv1.Issue{IsBookmarked: true}, []string{"is_bookmarked"}, false},
		"subscription":    {&issuesv1.Issue{IsSubscribed: true}, []string{"is_subscribed"}, false},
		"seen":            {&issuesv1.Issue{HasSeen: true}, []string{"has_seen"}, false},
		"owners":          {&issuesv1.Issue{SuggestedOwners: owners}, []string{"suggested_owners"}, false},
		"links":           {&issuesv1.Issue{ExternalLinks: links}, []string{"external_links"}, false},
		"two of them":     {&issuesv1.Issue{Assignee: "user:7", IsBookmarked: true}, []string{"assignee", "is_bookmarked"}, false},
		"priority":        {&issuesv1.Issue{Priority: issuesv1.Priority_PRIORITY_LOW}, []string{"priority"}, true}, // so does that of its lock
		"another address": {&issuesv1.Issue{IsPublic: true}, []string{"is_public"}, true},
	} {
		id := r.makeGroups(t, name)[0]
		for i, unchanged := range []bool{false, !tc.again} {
			for _, dry := range []bool{true, false} {
				resp, err := r.UpdateGroups(as(t, "user:1"), &groupingv1.UpdateGroupsRequest{
					Selections: selections(id), Issue: tc.issue, UpdateMask: mask(tc.mask...), ValidateOnly: dry,
				})
				if err != nil || resp.GetResults()[0].GetIssue() == nil || resp.GetResults()[0].GetUnchanged() != unchanged {
					t.Errorf("%s, call %d, validate_only %v: unchanged is not %v: %v, %v", name, i+1, dry, unchanged, resp, err)
				}
			}
		}
	}
}

func TestARequestForNoGroupIsOnlyChecked(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	resp, err := r.UpdateGroups(t.Context(), &groupingv1.UpdateGroupsRequest{Issue: &issuesv1.Issue{}, UpdateMask: mask("assignee"), Etag: "1"})
	if err != nil || len(resp.GetResults()) > 0 {
		t.Errorf("answers %v, %v", resp, err)
	}
	for path, req := range map[string]*groupingv1.UpdateGroupsRequest{
		"update_mask":           {Issue: &issuesv1.Issue{}, UpdateMask: mask("title")},
		"issue.status":          {Issue: &issuesv1.Issue{}, UpdateMask: mask("status")},
		"etag":                  {Issue: &issuesv1.Issue{}, UpdateMask: mask("assignee"), Etag: "x"},
		"metadata picket-actor": {Issue: &issuesv1.Issue{}, UpdateMask: mask("has_seen")},
	} {
		_, err := r.UpdateGroups(t.Context(), req)
		if v := violations(err); status.Code(err) != codes.InvalidArgument || len(v) != 1 || v[0].GetField() != path {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestAChangeSaysWhoMadeIt(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, []string{"status"}, id)
	r.assign(t, occurrence(now.Add(time.Minute), "a"))
	var actor string
	var previous int64
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT p.actor, p.status FROM history h JOIN history p ON p.project_id = h.project_id AND p.group_id = h.group_id AND p.id = h.previous_id
		WHERE h.project_id = 1 AND h.group_id = $1 AND h.status = 7`, id).Scan(&actor, &previous)
	if err != nil || actor != "user:1" || previous != 1 {
		t.Errorf("the regression ends what %q did, history status %d: %v", actor, previous, err)
	}
	_, err = r.UpdateGroups(as(t, "somebody"), &groupingv1.UpdateGroupsRequest{Selections: selections(id), Issue: &issuesv1.Issue{}, UpdateMask: mask("assignee")})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("an actor that names no one answers %v", err)
	}
}

func TestAnEtagGuardsAgainstChangesOfOthers(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	req := &groupingv1.UpdateGroupsRequest{
		Selections: selections(id), Issue: &issuesv1.Issue{Assignee: "user:7"}, UpdateMask: mask("assignee"), Etag: "1", ValidateOnly: true,
	}
	for _, want := range []codes.Code{codes.OK, codes.OK, codes.Aborted} {
		resp, err := r.UpdateGroups(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if got := codes.Code(resp.GetResults()[0].GetError().GetCode()); got != want {
			t.Errorf("validate_only %v: got %v, want %v", req.GetValidateOnly(), got, want)
		}
		r.assign(t, occurrence(now, "a")) // an event changes no etag
		req.ValidateOnly = false
	}
}

func TestARequestThatMakesNoSenseChangesNothing(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	ids := r.makeGroups(t, "a", "b")
	count := &issuesv1.StatusDetails{IgnoreCount: 3}
	for name, req := range map[string]*groupingv1.UpdateGroupsRequest{
		"a field that is not to be changed": {Issue: &issuesv1.Issue{Title: "x"}, UpdateMask: mask("title")},
		"no field":                          {Issue: &issuesv1.Issue{}, UpdateMask: mask()},
		"a substatus without a status":      {Issue: &issuesv1.Issue{}, UpdateMask: mask("substatus")},
		"no status":                         {Issue: &issuesv1.Issue{}, UpdateMask: mask("status")},
		"a status of Picket's own":          {Issue: &issuesv1.Issue{Status: issuesv1.Status_STATUS_PENDING_DELETION}, UpdateMask: mask("status")},
		"a status that does not exist":      {Issue: &issuesv1.Issue{Status: 99}, UpdateMask: mask("status")},
		"an assignee that is nobody":        {Issue: &issuesv1.Issue{Assignee: "a b"}, UpdateMask: mask("assignee")},
		"an etag for two":                   {Issue: &issuesv1.Issue{}, UpdateMask: mask("assignee"), Etag: "1"},
		"conditions of what is resolved": {
			Issue: &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: count}, UpdateMask: mask("status", "status_details"),
		},
	} {
		req.Selections = selections(ids...)
		if _, err := r.UpdateGroups(t.Context(), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnArchivedIssueComesBackWhenItsConditionIsMet(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	window := durationpb.New(time.Hour)
	for name, tc := range map[string]struct {
		details *issuesv1.StatusDetails
		users   []string // of the sightings that follow
		want    []bool   // archived after each
	}{
		"count":         {&issuesv1.StatusDetails{IgnoreCount: 2}, []string{"u", "u"}, []bool{true, false}},
		"count in hour": {&issuesv1.StatusDetails{IgnoreCount: 3, IgnoreWindow: window}, []string{"u", "u"}, []bool{true, false}}, // with the first
		"users":         {&issuesv1.StatusDetails{IgnoreUserCount: 2}, []string{"first", "v", "v", "w"}, []bool{true, true, true, false}},
		"users in hour": {&issuesv1.StatusDetails{IgnoreUserCount: 2, IgnoreUserWindow: window}, []string{"first", "v"}, []bool{true, false}},
	} {
		sighting := func(user string) *groupingv1.Item {
			item := occurrence(now, name)
			item.GetOccurrence().GetEvent().User = &issuesv1.User{Id: user}
			return item
		}
		id := judgement(t, r.assign(t, sighting("first"))[0]).GetGroupId()
		results := r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_IGNORED, StatusDetails: tc.details}, []string{"status", "status_details"}, id)
		if got := results[0].GetIssue().GetSubstatus(); got != issuesv1.Substatus_SUBSTATUS_UNTIL_CONDITION_MET {
			t.Errorf("%s: %v, %v", name, got, results[0].GetError())
		}
		for i, user := range tc.users {
			r.assign(t, sighting(user))
			if got := r.read(t, id); (got.GetStatus() == issuesv1.Status_STATUS_IGNORED) != tc.want[i] {
				t.Errorf("%s: after sighting %d: %v %v", name, i, got.GetStatus(), got.GetSubstatus())
			}
		}
		if got := r.read(t, id); got.GetSubstatus() != issuesv1.Substatus_SUBSTATUS_ESCALATING {
			t.Errorf("%s: came back %v", name, got.GetSubstatus())
		}
	}
}

// read gives a group as a change that only reads would.
func (r replica) read(t *testing.T, id int64) *issuesv1.Issue {
	t.Helper()
	resp, err := r.UpdateGroups(t.Context(), &groupingv1.UpdateGroupsRequest{
		Selections: selections(id), Issue: &issuesv1.Issue{}, UpdateMask: mask("assignee"), ValidateOnly: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetResults()[0].GetIssue()
}

// sightingIn makes a sighting, some minutes from now, in a release.
func sightingIn(minutes int, release string) *groupingv1.Item {
	item := occurrence(now.Add(time.Duration(minutes)*time.Minute), "a")
	item.GetOccurrence().GetEvent().Release = release
	return item
}

func TestOnlyReleasesThatAreNotCoveredReopenAnIssue(t *testing.T) {
	t.Parallel()
	next := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}}
	inSecond := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InRelease{InRelease: "app@2.0.0"}}
	inSecondDated := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InRelease{InRelease: "second"}}
	commit := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InCommit{
		InCommit: &issuesv1.CommitReference{Repository: "acme/app", CommitId: "abc"},
	}}
	for name, tc := range map[string]struct {
		seen    []string // releases, before it is resolved
		details *issuesv1.StatusDetails
		covered []string
		reopens string
	}{
		"semver, next":    {[]string{"app@1.0.0", "app@2.0.0"}, next, []string{"app@1.0.0", "app@1.5.0", "app@2.0.0", ""}, "app@2.0.1"},
		"semver, release": {[]string{"app@1.0.0", "app@2.0.0"}, inSecond, []string{"app@1.0.0", "app@1.9.0", ""}, "app@2.0.0"},
		"dates, next":     {[]string{"first", "second"}, next, []string{"first", "second", ""}, "third"},
		"dates, release":  {[]string{"first", "second"}, inSecondDated, []string{"first", ""}, "second"},
		"commit":          {[]string{"first"}, commit, []string{"first", "second", "third"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t)
			r := in.replica(t)
			r.project(t, nil)
			var id int64
			for i, release := range tc.seen {
				in.pass(time.Minute)
				id = judgement(t, r.assign(t, sightingIn(i-10, release))[0]).GetGroupId()
			}
			results := r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: tc.details}, []string{"status", "status_details"}, id)
			if results[0].GetError() != nil {
				t.Fatal(results[0].GetError())
			}
			minutes := 10
			for _, release := range tc.covered {
				minutes++
				if judgement(t, r.assign(t, sightingIn(minutes, release))[0]).GetIsRegression() {
					t.Errorf("%q reopens it", release)
				}
			}
			in.pass(time.Hour)
			if tc.reopens != "" && !judgement(t, r.assign(t, sightingIn(minutes+1, tc.reopens))[0]).GetIsRegression() {
				t.Errorf("%q does not reopen it", tc.reopens)
			}
		})
	}
}

package server_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func TestAnIssueIsSharedUnderAnotherIdEachTime(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	ids := r.makeGroups(t, "a", "b")
	share := func(public bool) []string {
		t.Helper()
		var shared []string
		for i, result := range r.update(t, &issuesv1.Issue{IsPublic: public}, []string{"is_public"}, ids...) {
			got := result.GetIssue()
			if got.GetIsPublic() != public || got.GetIsPublic() != (got.GetShareId() != "") {
				t.Errorf("shared as %v: %v", got, result.GetError())
			}
			var stored string
			err := in.db.Pool(t, provision.SearchReader).QueryRow(t.Context(), `
				SELECT coalesce((SELECT replace(share_id::text, '-', '') FROM issue_shares WHERE project_id = 1 AND group_id = $1), '')`, ids[i]).Scan(&stored)
			if err != nil || stored != got.GetShareId() {
				t.Errorf("%q is stored for %q: %v", stored, got.GetShareId(), err)
			}
			shared = append(shared, got.GetShareId())
		}
		return shared
	}
	first, second := share(true), share(true)
	known := map[string]bool{}
	for _, id := range append(first, second...) {
		if known[id] || !regexp.MustCompile("^[0-9a-f]{32}$").MatchString(id) {
			t.Errorf("share id %q", id)
		}
		known[id] = true
	}
	share(false)
	if etag := r.read(t, ids[0]).GetEtag(); etag != "4" {
		t.Errorf("after three changes the etag is %s", etag)
	}
	share(true)
	r.delete(t, ids...)
	r.sweep(t)
	var left int
	if err := in.pool(t).QueryRow(t.Context(), `SELECT count(*) FROM shares`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d shares of deleted issues: %v", left, err)
	}
}

func TestWhoWantsToGetsWhatTheyResolve(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	r.people(t)
	for _, id := range []string{"ann", "carl"} {
		_, err := r.UpdateUser(t.Context(), &groupingv1.UpdateUserRequest{
			User: &groupingv1.User{OrganizationId: 1, Id: id, SelfAssignIssue: true}, UpdateMask: mask("self_assign_issue"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ids := r.makeGroups(t, "a", "b", "c", "d", "e")
	if _, err := r.updateAs(as(t, "user:ann"), &issuesv1.Issue{Assignee: "user:bob"}, "assignee", ids[1]); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct{ who, want string }{
		{"user:ann", "user:ann"},
		{"user:ann", "user:bob"}, // somebody has it
		{"user:bob", ""},         // does not want it
		{"user:carl", ""},        // may not get issues of the project
		{"team:core", ""},
	} {
		got, err := r.updateAs(as(t, c.who), &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, "status", ids[i])
		if err != nil || got.GetAssignee() != c.want {
			t.Errorf("resolved by %s it is %q's, want %q: %v", c.who, got.GetAssignee(), c.want, err)
		}
	}
}

func TestAnIssueTellsWhatItsStatusDependsOn(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	paths := []string{"status", "status_details"}
	resolved, ignored := issuesv1.Status_STATUS_RESOLVED, issuesv1.Status_STATUS_IGNORED
	hour := durationpb.New(time.Hour)
	commit := &issuesv1.StatusDetails_InCommit{InCommit: &issuesv1.CommitReference{Repository: "acme/backend", CommitId: "abc"}}
	inNext := &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}
	inUpcoming := &issuesv1.StatusDetails_InUpcomingRelease{InUpcomingRelease: true}
	inRelease := &issuesv1.StatusDetails_InRelease{InRelease: "backend@1.0"}
	for _, step := range []struct {
		status issuesv1.Status
		asked  *issuesv1.StatusDetails
		want   *issuesv1.StatusDetails
	}{
		{resolved, nil, nil},
		{resolved, &issuesv1.StatusDetails{Resolution: inRelease}, &issuesv1.StatusDetails{Resolution: inRelease}},
		{resolved, &issuesv1.StatusDetails{Resolution: commit}, &issuesv1.StatusDetails{Resolution: commit}},
		{resolved, &issuesv1.StatusDetails{Resolution: inUpcoming}, &issuesv1.StatusDetails{Resolution: inUpcoming}},
		// The project follows semantic versions: that is the release in which it was seen.
		{resolved, &issuesv1.StatusDetails{Resolution: inNext}, &issuesv1.StatusDetails{Resolution: inRelease}},
		{ignored, nil, nil},
		{ignored, &issuesv1.StatusDetails{IgnoreDuration: hour}, &issuesv1.StatusDetails{IgnoreUntil: timestamppb.New(now.Add(time.Hour))}},
		{
			ignored, &issuesv1.StatusDetails{IgnoreCount: 5, IgnoreWindow: hour, IgnoreUserCount: 9, IgnoreUserWindow: hour},
			&issuesv1.StatusDetails{IgnoreCount: 5, IgnoreWindow: hour, IgnoreUserCount: 9, IgnoreUserWindow: hour},
		},
		{ignored, &issuesv1.StatusDetails{IgnoreCount: 5, IgnoreUserCount: 2}, &issuesv1.StatusDetails{IgnoreCount: 5, IgnoreUserCount: 2}},
	} {
		got := r.update(t, &issuesv1.Issue{Status: step.status, StatusDetails: step.asked}, paths, id)[0]
		if step.want != nil {
			step.want.Actor = "user:1"
		}
		if diff := cmp.Diff(step.want, got.GetIssue().GetStatusDetails(), protocmp.Transform()); diff != "" {
			t.Errorf("%v: %s", step.asked, diff)
		}
	}
	// What is left of the last.
	again := occurrence(now, "a")
	again.GetOccurrence().GetEvent().User = &issuesv1.User{Id: "another"}
	r.assign(t, again, occurrence(now, "a"))
	want := &issuesv1.StatusDetails{IgnoreCount: 3, IgnoreUserCount: 1, Actor: "user:1"}
	if diff := cmp.Diff(want, r.read(t, id).GetStatusDetails(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestTheUpcomingReleaseIsTheFirstOneAfterwards(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	ids := r.makeGroups(t, "a", "b")
	upcoming := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InUpcomingRelease{InUpcomingRelease: true}}
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: upcoming}, []string{"status", "status_details"}, ids...)
	in.pass(time.Hour)
	// One that was released before is none to wait for.
	r.release(t, &groupingv1.Release{Version: "old", ReleaseTime: timestamppb.New(now.Add(-time.Hour))})
	settle := func() {
		t.Helper()
		if err := r.SettleReleases(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	old := sightingIn(30, "old")
	if j := judgement(t, r.assign(t, old)[0]); j.GetIsRegression() {
		t.Errorf("a release from before reopens it: %v", j)
	}
	fresh := sightingIn(40, "new")
	if j := judgement(t, r.assign(t, fresh)[0]); !j.GetIsRegression() || j.GetGroupId() != ids[0] {
		t.Errorf("the upcoming release does not reopen it: %v", j)
	}
	settle()
	want := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InRelease{InRelease: "new"}, Actor: "user:1"}
	if diff := cmp.Diff(want, r.read(t, ids[1]).GetStatusDetails(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestHowFarAReleaseIsInUseIsKept(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	at := func(hours int) *timestamppb.Timestamp {
		return timestamppb.New(now.Add(time.Duration(hours) * time.Hour))
	}
	adoptions := []*groupingv1.ReleaseAdoption{
		{Environment: "production", AdoptedTime: at(-3), ReplacedTime: at(-1)}, {Environment: "qa"}, {Environment: "staging", AdoptedTime: at(-2)},
	}
	made := r.release(t, &groupingv1.Release{Version: "backend@1.0", Adoptions: adoptions})
	if diff := cmp.Diff(adoptions, made.GetAdoptions(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	stages := func() (stages string) {
		t.Helper()
		err := in.db.Pool(t, provision.SearchReader).QueryRow(t.Context(), `
			SELECT coalesce(string_agg(version || ' ' || environment || ' ' || stage, ', ' ORDER BY environment), '') FROM release_stages`).Scan(&stages)
		if err != nil {
			t.Fatal(err)
		}
		return stages
	}
	if got := stages(); got != "backend@1.0 production replaced, backend@1.0 qa low_adoption, backend@1.0 staging adopted" {
		t.Errorf("stages: %s", got)
	}
	changed, err := r.UpdateRelease(t.Context(), &groupingv1.UpdateReleaseRequest{
		Release:    &groupingv1.Release{ProjectId: 1, Version: "backend@1.0", Adoptions: adoptions[2:]},
		UpdateMask: mask("adoptions"),
	})
	if err != nil || len(changed.GetRelease().GetAdoptions()) != 1 || stages() != "backend@1.0 staging adopted" {
		t.Errorf("changed to %v: %v", changed, err)
	}
	for name, wrong := range map[string][]*groupingv1.ReleaseAdoption{
		"twice":                   {{Environment: "qa"}, {Environment: "qa"}},
		"replaced before adopted": {{Environment: "qa", AdoptedTime: at(-1), ReplacedTime: at(-2)}},
		"replaced only":           {{Environment: "qa", ReplacedTime: at(-2)}},
		"no environment":          {{}},
	} {
		_, err := r.CreateRelease(t.Context(), &groupingv1.CreateReleaseRequest{
			Release: &groupingv1.Release{ProjectId: 1, Version: "b", Adoptions: wrong},
		})
		if len(violations(err)) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.DeleteRelease(t.Context(), &groupingv1.DeleteReleaseRequest{ProjectId: 1, Version: "backend@1.0"}); err != nil || stages() != "" {
		t.Errorf("after its release is gone: %q, %v", stages(), err)
	}
}

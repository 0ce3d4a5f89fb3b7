package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Searches compare versions in SQL, regressions in Go.
func TestVersionsAreReadAlikeInTheDatabase(t *testing.T) {
	t.Parallel()
	ordered := []string{ // each after those before it
		"a@0.9", "a@1.0.0-1", "a@1.0.0-2", "a@1.0.0-10", "a@1.0.0-alpha", "a@1.0.0-alpha.1", "a@1.0.0-alpha.beta", "a@1.0.0-beta.2",
		"a@1.0.0-beta.11", "a@1.0.0-rc..1", "b@1", "c@1.0.0.1", "a@1.2", "a@1.10.3+7", "a@2.0.0-x-y+exp.sha", "x@y@3.0",
		"a@999999999999999999",
	}
	none := []string{
		"", "1.0.0", "@1.0.0", "a@", "a@1.", "a@1..2", "a@v1", "a@1.0.0-", "a@1.2.3.4.5", "a@1.0.0+b@c", "a@1000000000000000000", "a@1.0 ", "a@+1",
	}
	in := newInstallation(t)
	for _, version := range append(ordered, none...) {
		if _, err := in.pool(t).Exec(t.Context(), `INSERT INTO releases (project_id, version) VALUES (1, $1)`, version); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := in.db.Pool(t, provision.SearchReader).Query(t.Context(), `
		SELECT version, package, build, build_number FROM releases WHERE project_id = 1 AND major IS NOT NULL
		ORDER BY major, minor, patch, revision, prerelease_key`)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Version, Package, Build string
		BuildNumber             *int64
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil || len(found) != len(ordered) {
		t.Fatalf("%d of %d versions are semantic: %v, %v", len(found), len(ordered), found, err)
	}
	for i, version := range ordered {
		if found[i].Version != version {
			t.Errorf("%s stands where %s belongs", found[i].Version, version)
		}
		if i > 0 && grouping.LatestVersion(ordered[:i+1]) != version {
			t.Errorf("Go does not put %s last", version)
		}
	}
	for _, version := range none {
		if grouping.FollowsSemver([]string{version}) {
			t.Errorf("Go reads %q as a semantic version", version)
		}
	}
	if r := found[13]; r.Package != "a" || r.Build != "7" || r.BuildNumber == nil || *r.BuildNumber != 7 {
		t.Errorf("the parts are %+v", r)
	}
}

func (r replica) release(t *testing.T, release *groupingv1.Release) *groupingv1.Release {
	t.Helper()
	release.ProjectId = 1
	resp, err := r.CreateRelease(t.Context(), &groupingv1.CreateReleaseRequest{Release: release})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetRelease()
}

func TestReleasesAreAnnouncedOrSeen(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	released := timestamppb.New(now.Add(-time.Hour))
	commits := []*groupingv1.Commit{{Repository: "acme/backend", Id: "abc"}, {Repository: "acme/backend", Id: "def"}}
	made := r.release(t, &groupingv1.Release{Version: "backend@2.0", ReleaseTime: released, Commits: commits})
	want := &groupingv1.Release{
		ProjectId: 1, Version: "backend@2.0", ReleaseTime: released, CreateTime: timestamppb.New(now), Commits: commits, Announced: true, Etag: "1",
	}
	if diff := cmp.Diff(want, made, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	r.assign(t, sightingIn(-1, "backend@2.0"), sightingIn(-1, "backend@1.0"))
	get := func(version string) *groupingv1.Release {
		resp, err := r.GetRelease(t.Context(), &groupingv1.GetReleaseRequest{ProjectId: 1, Version: version})
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetRelease()
	}
	want.FirstSeen = timestamppb.New(now.Add(-time.Minute))
	if diff := cmp.Diff(want, get("backend@2.0"), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	// One that was seen is completed, once.
	completed := r.release(t, &groupingv1.Release{Version: "backend@1.0", Commits: commits[:1]})
	if !completed.GetAnnounced() || completed.GetFirstSeen() == nil || len(completed.GetCommits()) != 1 {
		t.Errorf("completed to %v", completed)
	}
	_, err := r.CreateRelease(t.Context(), &groupingv1.CreateReleaseRequest{Release: &groupingv1.Release{ProjectId: 1, Version: "backend@1.0"}})
	if status.Code(err) != codes.AlreadyExists {
		t.Errorf("announced again: %v", err)
	}
	changed, err := r.UpdateRelease(t.Context(), &groupingv1.UpdateReleaseRequest{
		Release: &groupingv1.Release{ProjectId: 1, Version: "backend@1.0", Commits: commits}, UpdateMask: mask("commits"),
	})
	if err != nil || len(changed.GetRelease().GetCommits()) != 2 {
		t.Errorf("changed to %v: %v", changed, err)
	}
	r.release(t, &groupingv1.Release{Version: "backend@3.0"})
	var versions []string
	for req := (&groupingv1.ListReleasesRequest{ProjectId: 1, PageSize: 2}); ; {
		resp, err := r.ListReleases(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, release := range resp.GetReleases() {
			versions = append(versions, release.GetVersion())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if got := strings.Join(versions, " "); got != "backend@3.0 backend@1.0 backend@2.0" {
		t.Errorf("listed %s", got)
	}
	for version, want := range map[string]codes.Code{"backend@1.0": codes.FailedPrecondition, "backend@3.0": codes.OK, "none": codes.NotFound} {
		if _, err := r.DeleteRelease(t.Context(), &groupingv1.DeleteReleaseRequest{ProjectId: 1, Version: version}); status.Code(err) != want {
			t.Errorf("deleting %s: %v", version, err)
		}
	}
	for version, want := range map[string]codes.Code{"latest": codes.InvalidArgument, " a": codes.InvalidArgument, "": codes.InvalidArgument} {
		_, err := r.CreateRelease(t.Context(), &groupingv1.CreateReleaseRequest{Release: &groupingv1.Release{ProjectId: 1, Version: version}})
		if status.Code(err) != want {
			t.Errorf("making %q: %v", version, err)
		}
	}
	_, err = r.CreateRelease(t.Context(), &groupingv1.CreateReleaseRequest{Release: &groupingv1.Release{ProjectId: 9, Version: "a"}})
	if status.Code(err) != codes.NotFound {
		t.Errorf("making one of no project: %v", err)
	}
}

// What issues wait for is settled by the release that has it, whoever learned of it, and once.
func TestAnAnnouncedReleaseSettlesResolutions(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r, other := in.replica(t), in.replica(t)
	r.project(t, nil)
	ids := r.makeGroups(t, "next", "commit", "late")
	paths := []string{"status", "status_details"}
	next := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}}
	commit := func(id string) *issuesv1.StatusDetails {
		return &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InCommit{
			InCommit: &issuesv1.CommitReference{Repository: "acme/backend", CommitId: id},
		}}
	}
	for i, details := range []*issuesv1.StatusDetails{next, commit("abc"), commit("def")} {
		r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: details}, paths, ids[i])
	}
	if _, err := in.pool(t).Exec(t.Context(), `UPDATE resolutions SET pending = true, kind = 1, release = 'backend@1.0', current_release = '' WHERE group_id = $1`, ids[0]); err != nil {
		t.Fatal(err) // the version is semantic, by which the next release would be none to wait for
	}
	settle := func() {
		t.Helper()
		for _, replica := range []replica{r, other} {
			if err := replica.SettleReleases(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	state := func() string {
		rows, err := in.pool(t).Query(t.Context(), `SELECT coalesce(nullif(release, ''), '-') || CASE WHEN pending THEN '?' ELSE '' END FROM resolutions ORDER BY group_id`)
		if err != nil {
			t.Fatal(err)
		}
		states, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(states, " ")
	}
	settle()
	if got := state(); got != "backend@1.0? -? -?" {
		t.Errorf("before any release %s", got)
	}
	in.pass(time.Minute)
	r.release(t, &groupingv1.Release{Version: "b1", Commits: []*groupingv1.Commit{{Repository: "acme/backend", Id: "abc"}}})
	settle()
	if got := state(); got != "b1 b1 -?" {
		t.Errorf("after a release with a commit %s", got)
	}
	_, err := r.UpdateRelease(t.Context(), &groupingv1.UpdateReleaseRequest{
		Release:    &groupingv1.Release{ProjectId: 1, Version: "b1", Commits: []*groupingv1.Commit{{Repository: "acme/backend", Id: "def"}}},
		UpdateMask: mask("commits"),
	})
	if err != nil {
		t.Fatal(err)
	}
	settle()
	if got := state(); got != "b1 b1 b1" {
		t.Errorf("after a commit came late %s", got)
	}
	var unsettled int
	if err := in.pool(t).QueryRow(t.Context(), `SELECT count(*) FROM releases WHERE unsettled_since IS NOT NULL`).Scan(&unsettled); err != nil || unsettled != 0 {
		t.Errorf("%d releases are still to be settled: %v", unsettled, err)
	}
}

func TestOfReleasesOfOneDateTheVersionsSayWhichIsNext(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	next := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}}
	for _, version := range []string{"b2", "b1", "b3"} { // each way round
		r.release(t, &groupingv1.Release{Version: version, ReleaseTime: timestamppb.New(now.Add(-time.Hour))})
	}
	for version, want := range map[string]string{"b1": "b2 false", "b2": "b3 false", "b3": "b3 true"} {
		item := occurrence(now.Add(-time.Minute), "seen in "+version)
		item.GetOccurrence().GetEvent().Release = version
		id := r.judge(t, item)[0].GetGroupId()
		r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: next}, []string{"status", "status_details"}, id)
		var release string
		var pending bool
		err := in.pool(t).QueryRow(t.Context(), `SELECT release, pending FROM resolutions WHERE group_id = $1`, id).Scan(&release, &pending)
		if got := fmt.Sprint(release, " ", pending); err != nil || got != want {
			t.Errorf("after %s: %s, want %s: %v", version, got, want, err)
		}
	}
	// One that comes later with the same date is the next one as well.
	r.release(t, &groupingv1.Release{Version: "b4", ReleaseTime: timestamppb.New(now.Add(-time.Hour))})
	if err := r.SettleReleases(t.Context()); err != nil {
		t.Fatal(err)
	}
	var releases []string
	err := in.pool(t).QueryRow(t.Context(), `SELECT array_agg(release ORDER BY release) FROM resolutions WHERE NOT pending`).Scan(&releases)
	if diff := cmp.Diff([]string{"b2", "b3", "b4"}, releases); err != nil || diff != "" {
		t.Error(diff, err)
	}
}

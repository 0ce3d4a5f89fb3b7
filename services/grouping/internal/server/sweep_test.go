package server_test

import (
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

const day = 24 * time.Hour

func (r replica) sweep(t *testing.T) {
	t.Helper()
	if err := r.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTimeMovesIssuesOnce(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	replicas := []replica{in.replica(t), in.replica(t), in.replica(t)}
	r := replicas[0]
	hours := int32(12 * 24)
	r.project(t, &groupingv1.ProjectSettings{ResolveAgeHours: &hours})
	ids := r.makeGroups(t, "new", "snoozed", "regressed")
	snooze := &issuesv1.StatusDetails{IgnoreDuration: durationpb.New(time.Hour)}
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_IGNORED, StatusDetails: snooze}, []string{"status", "status_details"}, ids[1])
	r.assign(t, statusChange("regressed", issuesv1.Status_STATUS_UNRESOLVED, issuesv1.Substatus_SUBSTATUS_REGRESSED))

	for _, step := range []struct {
		pass time.Duration
		want []string
	}{
		{0, []string{"UNRESOLVED NEW", "IGNORED UNTIL_CONDITION_MET", "UNRESOLVED REGRESSED"}},
		{time.Hour, []string{"UNRESOLVED NEW", "UNRESOLVED ONGOING", "UNRESOLVED REGRESSED"}},
		{6 * day, []string{"UNRESOLVED NEW", "UNRESOLVED ONGOING", "UNRESOLVED REGRESSED"}},
		{day, []string{"UNRESOLVED ONGOING", "UNRESOLVED ONGOING", "UNRESOLVED ONGOING"}},
		{5 * day, []string{"RESOLVED UNSPECIFIED", "RESOLVED UNSPECIFIED", "RESOLVED UNSPECIFIED"}},
	} {
		in.pass(step.pass)
		var group sync.WaitGroup
		for _, other := range replicas {
			group.Go(func() { other.sweep(t) })
		}
		group.Wait()
		r.sweep(t) // where one replica was at work, the others have left
		for i, id := range ids {
			got := r.read(t, id)
			if text := got.GetStatus().String()[len("STATUS_"):] + " " + got.GetSubstatus().String()[len("SUBSTATUS_"):]; text != step.want[i] {
				t.Errorf("after %v, issue %d is %s, want %s", step.pass, i, text, step.want[i])
			}
		}
	}
	var activities, rows int
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT count(*), (SELECT count(*) FROM inbox) + (SELECT count(*) FROM snoozes)
		FROM activities WHERE type IN (2, 15, 24)`).Scan(&activities, &rows)
	if err != nil || activities != 6 || rows != 0 {
		t.Errorf("%d automatic activities, want 6; %d rows in inbox and snoozes, want none: %v", activities, rows, err)
	}
}

func TestStatusChangesAreForgottenAfterTheRetentionTime(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	r.assign(t, statusChange("nobody", issuesv1.Status_STATUS_RESOLVED, 0))
	in.pass(retention - time.Hour)
	r.assign(t, statusChange("nobody", issuesv1.Status_STATUS_RESOLVED, 0))
	for _, want := range []int{2, 1} {
		r.sweep(t)
		var kept int
		if err := in.pool(t).QueryRow(t.Context(), `SELECT count(*) FROM judged_status_changes`).Scan(&kept); err != nil || kept != want {
			t.Errorf("%d kept, want %d: %v", kept, want, err)
		}
		in.pass(2 * time.Hour)
	}
}

func TestOutcomesAreForgottenAfterTheRetentionTime(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	old, recent := statusChange("nobody", issuesv1.Status_STATUS_RESOLVED, 0), statusChange("nobody", issuesv1.Status_STATUS_RESOLVED, 0)
	recent.ReceivedTime = timestamppb.New(now.Add(2 * time.Minute))
	r.assign(t, old, recent)
	in.pass(retention + time.Minute)
	r.sweep(t)
	resp, err := r.CountOutcomes(t.Context(), &groupingv1.CountOutcomesRequest{
		ProjectId: 1, StartTime: timestamppb.New(now.Add(-time.Hour)), EndTime: timestamppb.New(now.Add(time.Hour)),
	})
	if counts := resp.GetCounts(); err != nil || len(counts) != 1 || !counts[0].GetTime().AsTime().Equal(now.Add(2*time.Minute)) {
		t.Errorf("kept %v, want that of the last minute alone: %v", counts, err)
	}
}

// A release that comes settles what was to be resolved in the next one, and what it then covers.
func TestTheNextReleaseSettlesResolutions(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	next := &issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InNextRelease{InNextRelease: true}}
	id := judgement(t, r.assign(t, sightingIn(-10, "first"))[0]).GetGroupId()
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: next}, []string{"status", "status_details"}, id)
	in.pass(time.Minute)
	other := occurrence(now, "other")
	other.GetOccurrence().GetEvent().Release = "second"
	r.assign(t, other)
	r.sweep(t)
	var release, version string
	var pending bool
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT release, pending, (SELECT details->>'version' FROM activities a WHERE a.group_id = r.group_id AND type = 13)
		FROM resolutions r WHERE project_id = 1 AND group_id = $1`, id).Scan(&release, &pending, &version)
	if err != nil || release != "second" || pending || version != "second" {
		t.Errorf("resolved in %q, pending %v, the activity says %q: %v", release, pending, version, err)
	}
}

package server_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

// said is an error event whose message the two versions of the algorithm hash differently.
func said(t *testing.T, in *installation, message string) *groupingv1.Item {
	t.Helper()
	item := errorEvent(t, in.now(), map[string]any{"logentry": map[string]any{"formatted": message}})
	item.ReceivedTime = timestamppb.New(in.now())
	return item
}

func TestAnotherAlgorithmFindsTheIssuesOfTheOneBefore(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r, other := in.replica(t), in.replica(t)
	r.project(t, nil)
	first := r.judge(t, said(t, in, "no shard a1b2"), said(t, in, "no shard c3d4"), said(t, in, "old a1b2"))
	if first[0].GetGroupId() == first[1].GetGroupId() || first[0].GetGroupId() == 0 {
		t.Fatalf("the first version makes %v", first)
	}
	changed, err := r.set(t, &groupingv1.ProjectSettings{HashAlgorithm: "picket:2"}, "settings.hash_algorithm")
	if err != nil || changed.GetSecondaryHashAlgorithm() != "picket:1" || !changed.GetSecondaryHashUntil().AsTime().Equal(now.Add(7*day)) {
		t.Fatalf("the settings are %v: %v", changed, err)
	}
	// Other changes of the settings do not end the transition.
	if changed, err = r.set(t, &groupingv1.ProjectSettings{SafeFields: []string{"x"}}, "settings"); err != nil || changed.GetSecondaryHashAlgorithm() != "picket:1" || changed.GetHashAlgorithm() != "picket:2" {
		t.Fatalf("the settings are %v: %v", changed, err)
	}

	found := other.judge(t, said(t, in, "no shard a1b2"))[0]
	if found.GetGroupId() != first[0].GetGroupId() || found.GetIsNew() {
		t.Errorf("the hash before finds %v, want %v", found, first[0])
	}
	// That issue has the new hash now, by which messages that the version before told apart are found, even where their
	// hash before has another issue.
	for _, message := range []string{"no shard e5f6", "no shard c3d4"} {
		if j := r.judge(t, said(t, in, message))[0]; j.GetGroupId() != first[0].GetGroupId() {
			t.Errorf("%q is in %v", message, j)
		}
	}
	explained, err := r.ComputeHashes(t.Context(), &groupingv1.ComputeHashesRequest{ProjectId: 1, Event: said(t, in, "no shard e5f6").GetErrorEvent()})
	if err != nil || explained.GetAlgorithm() != "picket:2" || explained.GetSecondaryAlgorithm() != "picket:1" || len(explained.GetSecondaryHashes()) != 1 {
		t.Errorf("explained as %v: %v", explained, err)
	}
	var hashes, secondary, timesSeen int
	err = in.pool(t).QueryRow(t.Context(), `
		SELECT count(*), count(*) FILTER (WHERE algorithm = 1), (SELECT times_seen FROM group_counters WHERE group_id = $1)
		FROM group_hashes WHERE group_id = $1`, first[0].GetGroupId()).Scan(&hashes, &secondary, &timesSeen)
	if err != nil || hashes != 2 || secondary != 1 || timesSeen != 4 {
		t.Errorf("%d hashes, %d of the version before, seen %d times: %v", hashes, secondary, timesSeen, err)
	}

	in.pass(7*day + time.Second) // the transition is over
	if j := r.judge(t, said(t, in, "old a1b2"))[0]; !j.GetIsNew() {
		t.Errorf("after the transition the hash before finds %v", j)
	}
	if j := r.judge(t, said(t, in, "no shard 7a7b"))[0]; j.GetGroupId() != first[0].GetGroupId() {
		t.Errorf("after the transition the new hash finds %v", j)
	}
}

func TestAlgorithmsThatNobodyKnowsAreRefused(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, &groupingv1.ProjectSettings{HashAlgorithm: "picket:2"})
	for field, settings := range map[string]*groupingv1.ProjectSettings{
		"settings.hash_algorithm":           {HashAlgorithm: "picket:9"},
		"settings.secondary_hash_algorithm": {SecondaryHashAlgorithm: "picket:9"},
	} {
		_, err := r.set(t, settings, field)
		if v := violations(err); status.Code(err) != codes.InvalidArgument || len(v) != 1 || v[0].GetField() != "project."+field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

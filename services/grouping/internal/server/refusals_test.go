package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func TestABadItemFailsAlone(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	badHash, unknownProject, unknownType, unstorable := occurrence(now, "b"), occurrence(now, "c"), occurrence(now, "d"), occurrence(now, "e")
	badHash.GetOccurrence().Hashes[0] = "xyz"
	unknownProject.ProjectId = 99
	unknownType.GetOccurrence().Type = 12345
	unstorable.GetOccurrence().Event.Message = "a\x00b"
	untimed := errorEvent(t, now, nil)
	untimed.ItemTime = nil

	results := r.assign(t, occurrence(now, "a"), badHash, unknownProject, unknownType, unstorable, untimed, occurrence(now, "a"))
	for i, want := range []codes.Code{
		codes.OK, codes.InvalidArgument, codes.NotFound, codes.InvalidArgument, codes.InvalidArgument, codes.InvalidArgument, codes.OK,
	} {
		if got := codes.Code(results[i].GetError().GetCode()); got != want {
			t.Errorf("item %d: %v, want %v: %v", i, got, want, results[i].GetError().GetMessage())
		}
	}
	if message := results[1].GetError().GetMessage(); !strings.Contains(message, "occurrence.hashes[0]") {
		t.Errorf("%q does not name the field", message)
	}
	var resource *errdetails.ResourceInfo
	for _, detail := range status.FromProto(results[2].GetError()).Details() {
		if r, ok := detail.(*errdetails.ResourceInfo); ok {
			resource = r
		}
	}
	if resource.GetResourceType() != "project" || resource.GetResourceName() != "99" {
		t.Errorf("an unknown project answers %v", resource)
	}
}

func TestNoiseIsHeldBackUntilItsLimit(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	const fileIO = 1008 // held back until its third sighting
	first := occurrence(now, "a")
	items := []*groupingv1.Item{first, first, occurrence(now, "a"), occurrence(now, "a"), occurrence(now, "a")}
	var outcomes []string
	for _, item := range items {
		item.GetOccurrence().Type = fileIO
		outcomes = append(outcomes, judgement(t, r.assign(t, item)[0]).GetOutcome().String())
	}
	want := "OUTCOME_DROPPED_NOISE OUTCOME_DROPPED_NOISE OUTCOME_DROPPED_NOISE OUTCOME_ACCEPTED OUTCOME_ACCEPTED"
	if got := strings.Join(outcomes, " "); got != want {
		t.Errorf("outcomes %s", got)
	}
}

func TestAProjectsQuotaLimitsItsNewIssues(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	quota := int32(2)
	r.project(t, &groupingv1.ProjectSettings{CreationQuotaPerHour: &quota})
	results := r.assign(t, occurrence(now, "a"), occurrence(now, "b"), occurrence(now, "c"), occurrence(now, "a"))
	for i, want := range []issuesv1.Outcome{
		issuesv1.Outcome_OUTCOME_ACCEPTED, issuesv1.Outcome_OUTCOME_ACCEPTED, issuesv1.Outcome_OUTCOME_DROPPED_RATE_LIMITED, issuesv1.Outcome_OUTCOME_ACCEPTED,
	} {
		if got := judgement(t, results[i]).GetOutcome(); got != want {
			t.Errorf("item %d: %v, want %v", i, got, want)
		}
	}
}

func TestAnItemBelowTheRetentionFloorIsTooOld(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	if _, err := in.pool(t).Exec(t.Context(), `INSERT INTO partition_floors VALUES ('judged_items', $1)`, now.Add(-retention)); err != nil {
		t.Fatal(err)
	}
	results := r.assign(t, occurrence(now.Add(-200*24*time.Hour), "a"), occurrence(now, "a"))
	if j := judgement(t, results[0]); j.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_TOO_OLD || j.GetKeepPayload() {
		t.Errorf("an item below the floor answers %v", j)
	}
	if j := judgement(t, results[1]); !j.GetIsNew() {
		t.Errorf("its neighbour answers %v", j)
	}
}

func TestOutcomesAreCountedOnce(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	item := occurrence(now, "a")
	r.assign(t, item, item, occurrence(now, "b"))
	r.assign(t, item, statusChange("nobody", issuesv1.Status_STATUS_RESOLVED, 0))
	resp, err := r.CountOutcomes(t.Context(), &groupingv1.CountOutcomesRequest{
		ProjectId: 1, StartTime: item.GetReceivedTime(), EndTime: occurrence(now.Add(time.Minute), "x").GetItemTime(),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[issuesv1.Outcome]int64{}
	for _, count := range resp.GetCounts() {
		got[count.GetOutcome()] += count.GetCount()
	}
	if got[issuesv1.Outcome_OUTCOME_ACCEPTED] != 2 || got[issuesv1.Outcome_OUTCOME_DROPPED_ISSUE_NOT_FOUND] != 1 || len(got) != 2 {
		t.Errorf("outcomes %v", got)
	}
}

func TestOutcomesAreCountedForwardInTime(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	early, late := timestamppb.New(now), timestamppb.New(now.Add(time.Minute))
	for field, req := range map[string]*groupingv1.CountOutcomesRequest{
		"":           {ProjectId: 1, StartTime: early, EndTime: early},
		"start_time": {ProjectId: 1, StartTime: &timestamppb.Timestamp{Seconds: 1 << 60}, EndTime: late},
		"end_time":   {ProjectId: 1, StartTime: late, EndTime: early},
	} {
		_, err := r.CountOutcomes(t.Context(), req)
		if v := violations(err); field == "" && err != nil || field != "" && (len(v) != 1 || v[0].GetField() != field) {
			t.Errorf("%q: %v", field, err)
		}
	}
}

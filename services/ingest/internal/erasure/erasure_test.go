package erasure_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/erasure"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

// installation is an ingest service with several replicas that erase.
type installation struct {
	*ingesttest.Service
	began time.Time
}

func install(t *testing.T) *installation {
	t.Helper()
	return &installation{ingesttest.Start(t), time.Now()}
}

// unavailable is a grouping service that is away.
type unavailable struct {
	groupingv1.GroupingServiceClient
}

func (unavailable) ListErasedEvents(context.Context, *groupingv1.ListErasedEventsRequest, ...grpc.CallOption) (*groupingv1.ListErasedEventsResponse, error) {
	return nil, status.Error(codes.Unavailable, "away")
}

// follow is what a replica does whose clock is ahead by some time.
func (in *installation) follow(t *testing.T, ahead time.Duration) {
	t.Helper()
	eraser := erasure.New(in.GroupingClient, in.Store, func() time.Time { return in.began.Add(ahead) })
	if err := eraser.Follow(t.Context()); err != nil {
		t.Error(err)
	}
}

// send gives the occurrences that were sent, in the order in which they were judged.
func (in *installation) send(t *testing.T, n int) []*ingestv1.IngestOccurrenceRequest {
	t.Helper()
	req := &ingestv1.IngestOccurrencesRequest{}
	for range n {
		req.Occurrences = append(req.Occurrences, &ingestv1.IngestOccurrenceRequest{
			Occurrence: &issuesv1.Occurrence{
				Id: ingesttest.NewID(), ProjectId: ingesttest.Project, EventId: ingesttest.NewID(), Fingerprint: []string{"a"},
				IssueTitle: "Slow query", Subtitle: "SELECT 1", Type: 1001, DetectionTime: timestamppb.New(in.began),
			},
			EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"platform": "go", "timestamp": 1.5, "tags": {}}`)},
		})
	}
	resp, err := in.Client.IngestOccurrences(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range resp.GetResults() {
		if result.GetError() != nil {
			t.Fatal(result.GetError())
		}
	}
	return req.GetOccurrences()
}

func (in *installation) isStored(t *testing.T, req *ingestv1.IngestOccurrenceRequest) bool {
	t.Helper()
	o := req.GetOccurrence()
	_, err1 := in.Client.GetOccurrence(t.Context(), &ingestv1.GetOccurrenceRequest{ProjectId: o.GetProjectId(), OccurrenceId: o.GetId()})
	_, err2 := in.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: o.GetProjectId(), EventId: o.GetEventId()})
	for _, err := range []error{err1, err2} {
		if err != nil && status.Code(err) != codes.NotFound {
			t.Fatal(err)
		}
	}
	if (err1 == nil) != (err2 == nil) {
		t.Fatalf("the occurrence is read with %v, its event with %v", err1, err2)
	}
	return err1 == nil
}

func TestWhatGroupingErasedIsErasedAndComesBackNoMore(t *testing.T) {
	t.Parallel()
	in := install(t)
	sent := in.send(t, 3)
	in.Grouping.Erase(in.Grouping.Judged()[:2]...)
	in.follow(t, 0)
	if in.isStored(t, sent[0]) || in.isStored(t, sent[1]) || !in.isStored(t, sent[2]) {
		t.Error("not those that were erased are gone")
	}
	in.Grouping.Erase(in.Grouping.Judged()[2])
	in.follow(t, time.Minute)
	if in.isStored(t, sent[2]) {
		t.Error("a later erasure is not followed")
	}

	resp, err := in.Client.IngestOccurrence(t.Context(), sent[0])
	if err != nil || resp.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_ERASED || !resp.GetRepeated() {
		t.Errorf("sent again, it answers %v: %v", resp, err)
	}
	if in.isStored(t, sent[0]) {
		t.Error("what was erased is stored again")
	}
}

func TestReplicasAskTogetherAsOftenAsOneAndErasePageByPage(t *testing.T) {
	t.Parallel()
	in := install(t)
	sent := in.send(t, 700)
	in.Grouping.Erase(in.Grouping.Judged()...)
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() { in.follow(t, 0) })
	}
	replicas.Wait()
	for _, req := range sent {
		if in.isStored(t, req) {
			t.Fatal("not all is erased")
		}
	}
	if asked := in.Grouping.AskedForErased(); asked != 2 { // 500 and 200
		t.Errorf("asked %d times", asked)
	}
	for second := range 60 {
		in.follow(t, time.Duration(second)*time.Second)
	}
	if asked := in.Grouping.AskedForErased() - 2; asked < 4 || asked > 6 {
		t.Errorf("asked %d times in an idle minute", asked)
	}
}

func TestAReplicaThatDiedOrWasOvertakenDoesNoHarm(t *testing.T) {
	t.Parallel()
	in := install(t)
	sent := in.send(t, 600)
	in.Grouping.Erase(in.Grouping.Judged()...)
	in.follow(t, 0)
	// As if the process had died after it erased and before it wrote down how far it came.
	if _, err := in.Pool.Exec(t.Context(), `UPDATE erasure_position SET page_token = ''`); err != nil {
		t.Fatal(err)
	}
	later := in.send(t, 1)
	in.Grouping.Erase(in.Grouping.Judged()[600:]...)
	var replicas sync.WaitGroup
	for n := range 4 { // each finds that the one before it asked long ago
		replicas.Go(func() { in.follow(t, time.Duration(n+1)*time.Hour) })
	}
	replicas.Wait()
	in.follow(t, 9*time.Hour)
	if in.isStored(t, later[0]) || in.isStored(t, sent[599]) {
		t.Error("not all is erased")
	}
}

func TestATokenThatGroupingForgotBeginsTheListAnew(t *testing.T) {
	t.Parallel()
	in := install(t)
	sent := in.send(t, 2)
	in.Grouping.Erase(in.Grouping.Judged()[0])
	in.follow(t, 0)
	in.Grouping.ForgetPageTokens()
	in.Grouping.Erase(in.Grouping.Judged()[1])
	in.follow(t, time.Minute)
	if in.isStored(t, sent[0]) || in.isStored(t, sent[1]) {
		t.Error("not all is erased")
	}
}

func TestWhatCannotBeListedIsLeftToTheNextTime(t *testing.T) {
	t.Parallel()
	in := install(t)
	sent := in.send(t, 1)
	in.Grouping.Erase(in.Grouping.Judged()...)
	nobody := erasure.New(unavailable{}, in.Store, func() time.Time { return in.began })
	if err := nobody.Follow(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("grouping is away: %v", err)
	}
	in.follow(t, time.Minute)
	if in.isStored(t, sent[0]) {
		t.Error("it is still there")
	}
}

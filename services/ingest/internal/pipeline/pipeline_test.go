package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
)

func statusChange() ingest.Item {
	return ingest.Item{
		Kind: ingest.KindStatusChange, ProjectID: ingesttest.Project, ID: ingest.ID(uuid.New()), Received: time.Now(),
		StatusChange: &ingest.StatusChange{Hash: ingest.HashPart("a")},
	}
}

func TestAFullQueueSaysWhenToComeAgain(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	idle, err := pipeline.New(s.Store, s.Directory, s.GroupingClient, ingesttest.Retention) // nothing takes from its queue
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Directory.Project(t.Context(), ingesttest.Project); err != nil { // which is known from now on
		t.Fatal(err)
	}
	const queue, more = 4096, 10
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	results := make(chan error)
	for range queue + more {
		go func() {
			_, err := idle.One(ctx, statusChange())
			results <- err
		}()
	}
	for range more {
		answer := grpcserver.StatusOf(<-results)
		retries := false
		for _, detail := range answer.Details() {
			info, ok := detail.(*errdetails.RetryInfo)
			retries = retries || ok && info.GetRetryDelay().AsDuration() > 0
		}
		if answer.Code() != codes.ResourceExhausted || !retries {
			t.Fatalf("%v, want RESOURCE_EXHAUSTED with RetryInfo", answer)
		}
	}
	leave()
	for range queue {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Fatalf("%v of a caller that left", err)
		}
	}

	// Those who left before their batch formed are left out of it.
	ingesttest.Run(t, idle.Run)
	last := statusChange()
	for err = errors.New("not asked yet"); err != nil; {
		if _, err = idle.One(t.Context(), last); err != nil && !pipeline.IsTransient(err) {
			t.Fatal(err)
		}
	}
	if judged := s.Grouping.Judged(); len(judged) != 1 || judged[0].GetItemId() != last.ID.String() {
		t.Errorf("%d were judged, want the last alone", len(judged))
	}
}

func TestAHugeNumberLeavesTheOtherMetadataOfAFeedback(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	s.Grouping.SetSettings(&groupingv1.ProjectSettings{EnabledTypes: []int32{6001}})
	message := fmt.Sprintf(`{"id": %q, "project_id": %d, "fingerprint": ["a"], "issue_title": "Feedback", "subtitle": "", "type": 6001,
		"detection_time": %d, "evidence_data": {"message": "It is slow", "name": 1e400, "source": {"widget": [2, 1e999]}},
		"event_id": %q, "event": {"project_id": %d, "platform": "go", "timestamp": 1.5, "tags": {}}}`,
		uuid.NewString(), ingesttest.Project, time.Now().Unix(), uuid.NewString(), ingesttest.Project)
	item, err := ingest.ReadMessage([]byte(message), ingest.ID{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pipeline.One(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"contact_email": nil, "message": "It is slow", "name": "1e400", "source": map[string]any{"widget": []any{2.0, "1e999"}},
	}
	if got := s.Grouping.Judged()[0].GetOccurrence().GetMetadata().AsMap(); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	stored, err := s.Store.Occurrence(t.Context(), ingesttest.Project, item.ID)
	if err != nil || stored.EvidenceData["name"] != json.Number("1e400") {
		t.Errorf("%v is stored (%v), want the number as it came", stored.EvidenceData, err)
	}
}

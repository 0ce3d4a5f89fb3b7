package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

const (
	topic          = "ingest-occurrences"
	monitorFailure = 4001 // a type that no noise limit holds back
)

// occurrence makes a request with an event of its own.
func occurrence(t *testing.T, fingerprint, traceID string) *ingestv1.IngestOccurrenceRequest {
	t.Helper()
	eventID, now := uuid.NewString(), time.Now()
	event, err := structpb.NewStruct(map[string]any{
		"event_id": eventID, "project_id": 1, "platform": "go", "environment": "production", "release": "backend@1.0.0",
		"timestamp": now.Format(time.RFC3339Nano), "tags": map[string]any{"region": "eu"},
		"contexts": map[string]any{"trace": map[string]any{"trace_id": traceID, "span_id": "00f067aa0ba902b7"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &ingestv1.IngestOccurrenceRequest{
		Occurrence: &issuesv1.Occurrence{
			Id: uuid.NewString(), ProjectId: 1, EventId: eventID, Fingerprint: []string{fingerprint}, Type: monitorFailure,
			IssueTitle: "Monitor failure: " + fingerprint, Subtitle: "missed", DetectionTime: timestamppb.New(now),
			Level: issuesv1.Level_LEVEL_ERROR,
		},
		EventBody: &ingestv1.IngestOccurrenceRequest_Event{Event: event},
	}
}

const someTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

// find gives the issues that a query finds, by title.
func (s *stack) find(t *testing.T, query string) map[string]*issuesv1.Issue {
	t.Helper()
	resp, err := s.search.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*issuesv1.Issue{}
	for _, issue := range resp.GetIssues() {
		found[issue.GetTitle()] = issue
	}
	return found
}

func TestWhatIsSentIsFound(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	one, two := occurrence(t, "one", someTrace), occurrence(t, "two", someTrace)
	first, err := s.ingest.IngestOccurrence(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.ingest.IngestOccurrence(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	if !again.GetRepeated() || again.GetIssueId() != first.GetIssueId() || !again.GetIsNew() {
		t.Errorf("the same message again answers %v, the first time it was %v", again, first)
	}
	if _, err := s.ingest.IngestOccurrence(t.Context(), two); err != nil {
		t.Fatal(err)
	}

	issues := s.find(t, `is:unresolved environment:production region:eu release:backend@1.0.0`)
	if len(issues) != 2 {
		t.Fatalf("found %v, want two issues", issues)
	}
	if n := issues["Monitor failure: one"].GetTimesSeen(); n != 1 {
		t.Errorf("the issue was seen %d times, want 1", n)
	}
	if found := s.find(t, "region:us"); len(found) != 0 {
		t.Errorf("found %v in another region", found)
	}
	event, err := s.ingest.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: 1, EventId: one.GetOccurrence().GetEventId()})
	if err != nil || event.GetEvent().GetEvent().GetFields()["platform"].GetStringValue() != "go" {
		t.Errorf("the event is %v: %v", event, err)
	}

	resolve := &ingestv1.IngestStatusChangeRequest{
		Id: uuid.NewString(), ProjectId: 1, Fingerprint: []string{"two"}, NewStatus: issuesv1.Status_STATUS_RESOLVED,
	}
	if changed, err := s.ingest.IngestStatusChange(t.Context(), resolve); err != nil || !changed.GetChanged() {
		t.Errorf("resolving answers %v: %v", changed, err)
	}
	if found := s.find(t, "is:unresolved"); len(found) != 1 {
		t.Errorf("unresolved: %v, want one", found)
	}
}

// message is an occurrence as producers write it to Kafka.
func message(t *testing.T, request *ingestv1.IngestOccurrenceRequest) []byte {
	t.Helper()
	o := request.GetOccurrence()
	raw, err := json.Marshal(map[string]any{
		"id": o.GetId(), "project_id": o.GetProjectId(), "event_id": o.GetEventId(), "fingerprint": o.GetFingerprint(), "type": o.GetType(),
		"issue_title": o.GetIssueTitle(), "subtitle": o.GetSubtitle(), "level": "error", "resource_id": nil,
		"detection_time": json.Number(fmt.Sprintf("%.6f", float64(o.GetDetectionTime().AsTime().UnixMicro())/1e6)),
		"evidence_data":  map[string]any{}, "evidence_display": []any{}, "payload_type": "occurrence",
		"event": request.GetEvent().AsMap(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// broker starts a Kafka broker in this process, with the topic in three partitions.
func broker(t *testing.T) (addrs string, client *kgo.Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic(topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return cluster.ListenAddrs()[0], client
}

func produce(t *testing.T, client *kgo.Client, key string, value []byte) {
	t.Helper()
	if err := client.ProduceSync(t.Context(), &kgo.Record{Key: []byte(key), Value: value}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestKafkaRecordsAreFoundAndABadOneIsKept(t *testing.T) {
	t.Parallel()
	addrs, client := broker(t)
	s := newStack(t, addrs)
	request := occurrence(t, "from kafka", someTrace)
	produce(t, client, "from kafka", []byte("{not json"))
	produce(t, client, "from kafka", message(t, request))
	produce(t, client, "from kafka", message(t, request)) // the same message twice

	eventually(t, startTimeout, "the record is found", func() bool { return len(s.find(t, "is:unresolved")) == 1 })
	letters, err := s.ingest.ListDeadLetters(t.Context(), &ingestv1.ListDeadLettersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(letters.GetDeadLetters()); n != 1 {
		t.Fatalf("%d dead letters, want 1", n)
	}
	letter := letters.GetDeadLetters()[0]
	if string(letter.GetRecordValue()) != "{not json" || letter.GetReason() != ingestv1.DeadLetterReason_DEAD_LETTER_REASON_MALFORMED {
		t.Errorf("the dead letter is %v", letter)
	}
	produce(t, client, "from kafka", message(t, occurrence(t, "from kafka", someTrace)))
	eventually(t, startTimeout, "the next record is counted", func() bool {
		return s.find(t, "is:unresolved")["Monitor failure: from kafka"].GetTimesSeen() == 2
	})
}

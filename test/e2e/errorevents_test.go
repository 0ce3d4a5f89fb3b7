package e2e

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// exception makes an error event whose stack trace ends in a function.
func exception(t *testing.T, value, function string) *ingestv1.IngestEventRequest {
	t.Helper()
	event, err := structpb.NewStruct(map[string]any{
		"platform": "go", "environment": "production", "timestamp": time.Now().Format(time.RFC3339Nano),
		"tags": map[string]any{"region": "eu"}, "level": "fatal", "contexts": map[string]any{"device": map[string]any{"arch": "arm64"}},
		"exception": map[string]any{"values": []any{map[string]any{
			"type": "*errors.errorString", "value": value, "mechanism": map[string]any{"type": "panic", "handled": false}, "stacktrace": map[string]any{"frames": []any{
				map[string]any{"module": "main", "function": "main", "filename": "main.go", "lineno": 12, "in_app": true},
				map[string]any{"module": "shop/cart", "function": function, "filename": "cart.go", "lineno": 34, "in_app": true},
				map[string]any{"module": "runtime", "function": "gopanic", "filename": "panic.go", "lineno": 5},
			}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &ingestv1.IngestEventRequest{
		ProjectId: 1, EventId: uuid.NewString(), EventBody: &ingestv1.IngestEventRequest_Event{Event: event},
	}
}

func TestTheSameExceptionIsOneIssueAndAnotherStackAnother(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	send := func(req *ingestv1.IngestEventRequest) *ingestv1.IngestEventResponse {
		resp, err := s.ingest.IngestEvent(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := send(exception(t, "cart 1 is empty", "Checkout"))
	second := exception(t, "cart 2 is empty", "Checkout")
	joined, other := send(second), send(exception(t, "cart 3 is full", "Add"))
	if repeat := send(second); !repeat.GetRepeated() || repeat.GetIssueId() != first.GetIssueId() {
		t.Errorf("the same event again answers %v", repeat)
	}
	if !first.GetIsNew() || joined.GetIsNew() || joined.GetIssueId() != first.GetIssueId() || other.GetIssueId() == first.GetIssueId() {
		t.Errorf("the issues are %v, %v and %v", first, joined, other)
	}

	found := s.find(t, "level:fatal region:eu environment:production")
	issue := found["*errors.errorString: cart 2 is empty"]
	if len(found) != 2 || issue.GetTimesSeen() != 2 || issue.GetCategory() != issuesv1.IssueCategory_ISSUE_CATEGORY_ERROR ||
		issue.GetPriority() != issuesv1.Priority_PRIORITY_HIGH || issue.GetCulprit() != "shop/cart in Checkout" {
		t.Errorf("the search finds %v", found)
	}
	for query, want := range map[string]int{
		"device.arch:arm64 error.unhandled:true error.mechanism:panic error.value:*empty": 1,
		"stack.function:Checkout stack.lineno:>30 location:cart.go event.type:error":      1,
		"stack.function:[Checkout, Add] stack.in_app:true":                                2,
		"level:fatal region:eu environment:production !stack.filename:panic.go":           0,
	} {
		if found := s.find(t, query); len(found) != want {
			t.Errorf("%s finds %d issues, want %d", query, len(found), want)
		}
	}
	event, err := s.ingest.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: 1, EventId: second.GetEventId()})
	if err != nil || event.GetEvent().GetEvent().GetFields()["level"].GetStringValue() != "fatal" {
		t.Errorf("the event is %v: %v", event, err)
	}
}

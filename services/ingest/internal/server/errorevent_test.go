package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

func errorEvent(at time.Time, rest string) *ingestv1.IngestEventRequest {
	body := fmt.Sprintf(`{"timestamp": %q, "platform": "python", "tags": {"server": "a1"} %s}`, at.Format(time.RFC3339Nano), rest)
	return &ingestv1.IngestEventRequest{
		ProjectId: ingesttest.Project, EventId: newID(), EventBody: &ingestv1.IngestEventRequest_EventJson{EventJson: []byte(body)},
	}
}

func TestAnErrorEventIsJudgedOnceAndReadBackWhole(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	at := time.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	req := errorEvent(at.Add(99*time.Nanosecond), `, "own": {"n": 12345678901234567890}, "fingerprint": ["a", 1], "message": "down", "extra": {"password": "hunter22"},
		"exception": {"values": [{"type": "KeyError", "value": "login with password=hunter22", "stacktrace": {"frames": [
			{"function": "f", "lineno": 7, "vars": {"depth": 1}}]}}]}`)
	first, err := s.Client.IngestEvent(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := &ingestv1.IngestEventResponse{Outcome: issuesv1.Outcome_OUTCOME_ACCEPTED, IssueId: 1, ShortId: "BACKEND-1", IsNew: true}
	if diff := cmp.Diff(want, first, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	again, err := s.Client.IngestEvent(t.Context(), req)
	if err != nil || !again.GetRepeated() || again.GetIssueId() != 1 {
		t.Errorf("again: %v %v", again, err)
	}

	event, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{
		ProjectId: ingesttest.Project, EventId: req.GetEventId(), BodyFormat: ingestv1.EventBodyFormat_EVENT_BODY_FORMAT_JSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	if body := string(event.GetEvent().GetEventJson()); !strings.Contains(body, `"n":12345678901234567890`) || !strings.Contains(body, `"depth":1`) {
		t.Errorf("stored event %s, want all of it", body)
	} else if strings.Contains(body, "hunter22") || !strings.Contains(body, "KeyError") {
		t.Errorf("stored event %s, want it without its secrets", body)
	} else if !strings.HasPrefix(body, `{"event_id":"`+req.GetEventId()+`","exception":`) {
		t.Errorf("stored event %s, want its id where it was", body)
	}
	if got := event.GetEvent().GetItemTime().AsTime(); !got.Equal(at) {
		t.Errorf("item time %s, want %s", got, at)
	}

	judged := s.Grouping.Judged()[0]
	item := judged.GetErrorEvent()
	if judged.GetItemId() != req.GetEventId() || item.GetEvent().GetMessage() != "down" || cmp.Diff([]string{"a", "1"}, item.GetFingerprint()) != "" {
		t.Errorf("grouping was given %v", judged)
	}
	if inputs := fmt.Sprint(item.GetHashingInputs().AsMap()); strings.Contains(inputs, "hunter22") || !strings.Contains(inputs, "lineno:7") || strings.Contains(inputs, "depth") {
		t.Errorf("grouping was given %s", inputs)
	}
}

func TestErrorEventsThatBreakARuleNameTheField(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	now := time.Now()
	bad := func(change func(*ingestv1.IngestEventRequest)) *ingestv1.IngestEventRequest {
		req := errorEvent(now, "")
		change(req)
		return req
	}
	body := func(text string) *ingestv1.IngestEventRequest {
		return bad(func(r *ingestv1.IngestEventRequest) {
			r.EventBody = &ingestv1.IngestEventRequest_EventJson{EventJson: []byte(text)}
		})
	}
	for field, req := range map[string]*ingestv1.IngestEventRequest{
		"event_id":          bad(func(r *ingestv1.IngestEventRequest) { r.EventId = "x" }),
		"event_body":        bad(func(r *ingestv1.IngestEventRequest) { r.EventBody = nil }),
		"event_json":        body("["),
		"event.timestamp":   body(`{}`),
		"event.project_id":  body(`{"timestamp": 1, "project_id": 2}`),
		"event.event_id":    body(`{"timestamp": 1, "event_id": "y"}`),
		"event.environment": body(`{"timestamp": 1, "environment": 1}`),
	} {
		_, err := s.Client.IngestEvent(t.Context(), req)
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(status.Convert(err).Proto().String(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for outcome, at := range map[issuesv1.Outcome]time.Time{
		issuesv1.Outcome_OUTCOME_DROPPED_TOO_OLD: now.Add(-ingesttest.Retention - time.Hour), issuesv1.Outcome_OUTCOME_DROPPED_IN_FUTURE: now.Add(25 * time.Hour),
	} {
		if resp, err := s.Client.IngestEvent(t.Context(), errorEvent(at, "")); err != nil || resp.GetOutcome() != outcome {
			t.Errorf("%s: %v %v", outcome, resp, err)
		}
	}
}

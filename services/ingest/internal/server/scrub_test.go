package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

const secret = "hunter2hunter2"

// secretive is an occurrence that tells a secret wherever it can.
func secretive(t *testing.T) *ingestv1.IngestOccurrenceRequest {
	t.Helper()
	req := occurrence("a")
	o := req.GetOccurrence()
	text := "failed with password=" + secret
	o.IssueTitle, o.Subtitle, o.Culprit = text, text, text
	resource := "https://app:" + secret + "@db/x"
	o.ResourceId = &resource
	evidence, err := structpb.NewStruct(map[string]any{"db": map[string]any{"passwd": secret}, "kept": "1"})
	if err != nil {
		t.Fatal(err)
	}
	o.EvidenceData = evidence
	o.EvidenceDisplay = []*issuesv1.Evidence{{Name: "Secret", Value: secret}, {Name: "Query", Value: text}}
	req.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"platform": "go", "timestamp": 1.5,
		"tags": {"api_token": "` + secret + `", "build_token_id": "7", "note": "` + text + `"}, "transaction": "/x?token=` + secret + `",
		"extra": {"secret": ["` + secret + `"]}, "user": {"id": "7", "username": "` + text + `"},
		"stacktrace": {"frames": [{"vars": {"password": "` + secret + `"}}]}}`)}
	return req
}

func TestSecretsAreNeitherStoredNorPassedOn(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	s.Grouping.SetSettings(&groupingv1.ProjectSettings{SafeFields: []string{"build_token_id"}})
	req := secretive(t)
	if _, err := s.Client.IngestOccurrence(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	event, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{
		ProjectId: ingesttest.Project, EventId: req.GetOccurrence().GetEventId(), BodyFormat: ingestv1.EventBodyFormat_EVENT_BODY_FORMAT_JSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.Client.GetOccurrence(t.Context(), &ingestv1.GetOccurrenceRequest{
		ProjectId: ingesttest.Project, OccurrenceId: req.GetOccurrence().GetId(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"event": string(event.GetEvent().GetEventJson()), "occurrence": stored.String(), "item for grouping": s.Grouping.Judged()[0].String(),
	} {
		if strings.Contains(text, secret) || !strings.Contains(text, "[Filtered]") {
			t.Errorf("the %s tells the secret: %s", name, text)
		}
	}
	if body := string(event.GetEvent().GetEventJson()); !strings.Contains(body, `"build_token_id":"7"`) {
		t.Errorf("%s, want the safe field as it was", body)
	}
}

func TestSecretsOfAnErrorEventAreNeitherStoredNorPassedOn(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	text := "failed with password=" + secret
	req := errorEvent(time.Now(), `, "message": "`+text+`", "logger": "`+text+`", "culprit": "`+text+`", "transaction": "/?token=`+secret+`",
		"logentry": {"formatted": "`+text+`", "params": ["`+text+`"]}, "request": {"url": "https://a:`+secret+`@b/", "cookies": {"auth": "`+secret+`"},
		"headers": [["Authorization", "Bearer `+secret+`"], ["Referer", "/?secret=`+secret+`"]]},
		"breadcrumbs": [{"message": "`+text+`"}], "contexts": {"device": {"name": "`+text+`"}}, "extra": {"card": "4111 1111 1111 1111"},
		"exception": {"values": [{"type": "`+text+`", "value": "`+text+`", "stacktrace": {"frames": [{"vars": {"passwd": "`+secret+`"}}]}}]},
		"threads": {"values": [{"name": "`+text+`"}]}`)
	if _, err := s.Client.IngestEvent(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	event, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{
		ProjectId: ingesttest.Project, EventId: req.GetEventId(), BodyFormat: ingestv1.EventBodyFormat_EVENT_BODY_FORMAT_JSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"event": string(event.GetEvent().GetEventJson()), "item for grouping": s.Grouping.Judged()[0].String(),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, "4111") || !strings.Contains(text, "[Filtered]") {
			t.Errorf("the %s tells a secret: %s", name, text)
		}
	}
}

func TestASecretAtTheLimitOfATitleIsTakenOutWhole(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	req := occurrence("a")
	req.Occurrence.IssueTitle = strings.Repeat("x", 240) + " 4111 1111 1111 1111"
	if _, err := s.Client.IngestOccurrence(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if title := s.Grouping.Judged()[0].GetOccurrence().GetTitle(); strings.Contains(title, "4111") {
		t.Errorf("title %q", title)
	}
}

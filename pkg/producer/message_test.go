package producer_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/producer"
)

const (
	someID      = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	someEventID = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, refused string }{
		"an occurrence":                       {`{"project_id": 1, "fingerprint": ["a"]}`, ""},
		"an occurrence that says so":          {`{"payload_type": "occurrence", "project_id": 1, "fingerprint": ["a"]}`, ""},
		"a status change":                     {`{"payload_type": "status_change", "project_id": 1, "fingerprint": ["a"]}`, ""},
		"a bare string for a list of one":     {`{"project_id": 1, "fingerprint": "a"}`, ""},
		"the event's id in another spelling":  {`{"project_id": 1, "fingerprint": ["a"], "event_id": "BBBBBBBB-BBBB-BBBB-BBBB-BBBBBBBBBBBB", "event": {"event_id": "` + someEventID + `"}}`, ""},
		"the event is not the occurrence's":   {`{"project_id": 1, "fingerprint": ["a"], "event_id": "` + someID + `", "event": {"event_id": "` + someEventID + `"}}`, "event.event_id"},
		"not JSON":                            {`{`, "is not a message"},
		"a payload type that nobody knows":    {`{"payload_type": "attachment", "project_id": 1, "fingerprint": ["a"]}`, "payload_type"},
		"the project 1.0":                     {`{"project_id": 1.0, "fingerprint": ["a"]}`, ""},
		"the project a text":                  {`{"project_id": "1", "fingerprint": ["a"]}`, "project_id"},
		"the project a fraction":              {`{"project_id": 1.5, "fingerprint": ["a"]}`, "project_id"},
		"no fingerprint that counts":          {`{"project_id": 1, "fingerprint": null}`, "fingerprint"},
		"no project":                          {`{"fingerprint": ["a"]}`, "project_id"},
		"no fingerprint":                      {`{"project_id": 1}`, "fingerprint"},
		"a fingerprint without parts":         {`{"project_id": 1, "fingerprint": []}`, "fingerprint"},
		"a fingerprint of what is no strings": {`{"project_id": 1, "fingerprint": [1]}`, "fingerprint"},
	} {
		_, err := producer.JSON([]byte(c.value))
		checkRefusal(t, name, err, c.refused)
	}
}

func TestOccurrencesAndStatusChangesAreChecked(t *testing.T) {
	t.Parallel()
	good := func() *ingestv1.IngestOccurrenceRequest {
		return &ingestv1.IngestOccurrenceRequest{
			Occurrence: &issuesv1.Occurrence{
				Id: someID, ProjectId: 1, EventId: someEventID, Fingerprint: []string{"a"}, IssueTitle: "t", Subtitle: "s", Type: 1001,
				DetectionTime: timestamppb.Now(),
			},
			EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"event_id": "` + someEventID + `"}`)},
		}
	}
	for name, c := range map[string]struct {
		spoil   func(*ingestv1.IngestOccurrenceRequest)
		refused string
	}{
		"good":                              {func(*ingestv1.IngestOccurrenceRequest) {}, ""},
		"no occurrence":                     {func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence = nil }, "occurrence"},
		"no fingerprint":                    {func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Fingerprint = nil }, "occurrence.fingerprint"},
		"the event is not the occurrence's": {func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.EventId = someID }, "event.event_id"},
		"the event is no JSON": {func(r *ingestv1.IngestOccurrenceRequest) {
			r.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`[`)}
		}, "event_json"},
	} {
		req := good()
		c.spoil(req)
		_, err := producer.Occurrence(req)
		checkRefusal(t, name, err, c.refused)
	}
	change := &ingestv1.IngestStatusChangeRequest{
		Id: someID, ProjectId: 1, Fingerprint: []string{"a"}, NewStatus: issuesv1.Status_STATUS_RESOLVED,
	}
	_, err := producer.StatusChange(change)
	checkRefusal(t, "resolved", err, "")
	change.NewStatus = issuesv1.Status_STATUS_IGNORED
	_, err = producer.StatusChange(change)
	checkRefusal(t, "ignored, and not until when", err, "new_substatus")
}

// checkRefusal wants an Invalid fault that begins with the field, or no error when that is empty.
func checkRefusal(t *testing.T, name string, err error, field string) {
	t.Helper()
	switch {
	case field == "" && err != nil:
		t.Errorf("%s: refused: %v", name, err)
	case field != "" && (fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), field)):
		t.Errorf("%s: %v, want a fault of %s", name, err, field)
	}
}

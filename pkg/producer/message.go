package producer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
)

// Message is something that can be sent. It was checked for what Picket would refuse in any project.
type Message struct {
	key         []byte
	value       []byte
	contentType string
}

func (m Message) record() *kgo.Record {
	return &kgo.Record{
		Key: m.key, Value: m.value,
		Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte(m.contentType)}},
	}
}

// isLarge says whether a batch of the usual size may have no room for the message.
func (m Message) isLarge() bool { return len(m.key)+len(m.value) > maxBatchBytes-batchOverhead }

// key keeps the messages of an issue in one partition, and so in their order.
func key(project int64, fingerprint []string) []byte {
	return fmt.Appendf(nil, "%s-%d", fingerprint[0], project)
}

// Occurrence makes a message of an occurrence, with or without its event. The fingerprint is unhashed: Picket hashes
// whatever it gets. An error is an Invalid fault that names the field.
func Occurrence(req *ingestv1.IngestOccurrenceRequest) (Message, error) {
	if err := grpcserver.Validate(req); err != nil {
		return Message{}, err
	}
	occurrence := req.GetOccurrence()
	if len(occurrence.GetFingerprint()) == 0 {
		return Message{}, fault.InvalidField("occurrence.fingerprint", "has no part")
	}
	eventID, err := idOfEvent(req)
	if err != nil {
		return Message{}, err
	}
	if given := occurrence.GetEventId(); given != "" && eventID != "" && !sameID(given, eventID) {
		return Message{}, fault.InvalidField("event.event_id", "is %s, and the occurrence has %s", eventID, given)
	}
	value, err := proto.Marshal(req)
	if err != nil {
		return Message{}, fmt.Errorf("encode the occurrence: %w", err)
	}
	return Message{
		key: key(occurrence.GetProjectId(), occurrence.GetFingerprint()), value: value, contentType: "application/x-protobuf",
	}, nil
}

func idOfEvent(req *ingestv1.IngestOccurrenceRequest) (string, error) {
	if body := req.GetEventJson(); body != nil {
		var event struct {
			EventID string `json:"event_id"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return "", fault.InvalidField("event_json", "is not an event: %v", err)
		}
		return event.EventID, nil
	}
	return req.GetEvent().GetFields()["event_id"].GetStringValue(), nil
}

// StatusChange makes a message of a status change. An error is an Invalid fault that names the field.
func StatusChange(req *ingestv1.IngestStatusChangeRequest) (Message, error) {
	if err := grpcserver.Validate(req); err != nil {
		return Message{}, err
	}
	resolved := req.GetNewStatus() == issuesv1.Status_STATUS_RESOLVED
	if given := req.GetNewSubstatus() != issuesv1.Substatus_SUBSTATUS_UNSPECIFIED; given == resolved {
		return Message{}, fault.InvalidField("new_substatus", "is %s with %s; a resolved issue has none, any other has one",
			req.GetNewSubstatus(), req.GetNewStatus())
	}
	fields := map[string]any{
		"payload_type": "status_change", "id": req.GetId(), "project_id": req.GetProjectId(),
		"fingerprint": req.GetFingerprint(), "new_status": int32(req.GetNewStatus() - issuesv1.Status_STATUS_UNRESOLVED),
	}
	if !resolved {
		fields["new_substatus"] = int32(req.GetNewSubstatus())
	}
	value, err := json.Marshal(fields)
	if err != nil {
		return Message{}, fmt.Errorf("encode the status change: %w", err)
	}
	return Message{key: key(req.GetProjectId(), req.GetFingerprint()), value: value, contentType: contentTypeJSON}, nil
}

// sameID compares two spellings of UUIDs.
func sameID(a, b string) bool {
	marks := strings.NewReplacer("urn:", "", "uuid:", "", "-", "", "{", "", "}", "")
	return marks.Replace(strings.ToLower(a)) == marks.Replace(strings.ToLower(b))
}

package ingest

import (
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// ReadMessage reads one message of the topic ingest-occurrences, as its producers write it: JSON whose payload_type
// says what it is. A status change without an id, and a message whose payload type is not known, get the fallback. With
// an error, an Invalid fault that names the field, the item has at most its project.
func ReadMessage(value []byte, fallback ID, received time.Time) (Item, error) {
	object, err := DecodeObject(value)
	if err != nil {
		return Item{}, err
	}
	m := message{fields: object}
	project := m.projectID()
	var item Item
	switch payloadType := object["payload_type"]; payloadType {
	case nil, "occurrence":
		item, err = m.occurrence(project, received)
	case "status_change":
		item, err = m.statusChange(project, fallback, received)
	default:
		item = Item{Kind: KindUnknown, ProjectID: project, ID: fallback, Received: received}
	}
	if err != nil {
		return Item{ProjectID: project}, err
	}
	return item, nil
}

// message reads the fields of a message. The first that breaks a rule is remembered.
type message struct {
	fields map[string]any
	first  *fault.Error
}

func (m *message) refuse(field, format string, args ...any) {
	if m.first == nil {
		m.first = fault.InvalidField(field, format, args...)
	}
}

// projectID is 0 when the message does not tell it.
func (m *message) projectID() int64 {
	id, ok := integer(m.fields["project_id"])
	if !ok || id <= 0 {
		m.refuse("project_id", "is %s, expected a positive integer", kindOf(m.fields["project_id"]))
		return 0
	}
	return id
}

func (m *message) occurrence(project int64, received time.Time) (Item, error) {
	d := Draft{
		ID: m.text("id"), ProjectID: project, EventID: m.optionalText("event_id"), Fingerprint: m.fingerprint(),
		Title: m.scalar("issue_title"), Subtitle: m.scalar("subtitle"), ResourceID: m.resourceID(),
		EvidenceData: m.object("evidence_data"), EvidenceDisplay: m.evidenceDisplay(), Type: m.typeID(),
		DetectionTime: m.detectionTime(), Level: m.level(), Culprit: m.optionalScalar("culprit"),
		InitialPriority: m.priority(), Assignee: m.assignee(),
		Event: m.object("event"), BufferedSpans: m.fields["is_buffered_spans"] == true,
	}
	if _, given := m.fields["event"]; given && d.Event == nil {
		m.refuse("event", "is null, expected an object")
	}
	if m.first != nil {
		return Item{}, m.first
	}
	return d.Item(received)
}

func (m *message) statusChange(project int64, fallback ID, received time.Time) (Item, error) {
	id := fallback
	if given := m.optionalText("id"); given != "" {
		parsed, ok := ParseID(given)
		if !ok {
			m.refuse("id", "is not a UUID")
		}
		id = parsed
	}
	draft := StatusChangeDraft{
		ID: id, ProjectID: project, Fingerprint: m.fingerprint(),
		Status: issue.Status(m.number("new_status", int64(issue.Ignored))),
	}
	if m.fields["new_substatus"] != nil {
		draft.Substatus = issue.Substatus(m.number("new_substatus", int64(issue.New)))
	}
	if m.first != nil {
		return Item{}, m.first
	}
	return draft.Item(received)
}

package ingest

import (
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// ErrorEvent is what grouping makes hashes, title and culprit of, of a finished item.
type ErrorEvent struct {
	Fingerprint   []string
	Checksum      string
	HashingInputs map[string]any
}

// ErrorEventDraft is an error event as its sender wrote it.
type ErrorEventDraft struct {
	ProjectID int64
	EventID   string
	Event     map[string]any
}

// defaultPlatform is that of an event that names none.
const defaultPlatform = "other"

// Item applies the rules to a draft. All of the event is kept. An error is an Invalid fault that names the field.
func (d ErrorEventDraft) Item(received time.Time) (Item, error) {
	id, ok := ParseID(d.EventID)
	if !ok {
		return Item{}, fault.InvalidField("event_id", "is not a UUID")
	}
	if err := d.complete(id, received); err != nil {
		return Item{}, err
	}
	if violation := below("event", errorEvent(d.Event)); violation != nil {
		return Item{}, fault.InvalidRequest(*violation)
	}
	at, ok := parseTime(d.Event["timestamp"])
	if !ok {
		return Item{}, fault.InvalidField("event.timestamp", "is no time; expected seconds since 1970 or a time as in RFC 3339")
	}
	return Item{
		Kind: KindErrorEvent, ProjectID: d.ProjectID, ID: id, Time: at, Received: received,
		Event: &Event{ID: id, tree: d.Event}, ErrorEvent: &ErrorEvent{},
	}, nil
}

// complete puts the ids of the request into the event, which may leave them out but not contradict them.
func (d ErrorEventDraft) complete(id ID, received time.Time) error {
	if given := d.Event["event_id"]; given != nil {
		if inner, ok := ParseID(stringOrEmpty(given)); !ok || inner != id {
			return fault.InvalidField("event.event_id", "differs from the event_id of the request")
		}
	}
	if given := d.Event["project_id"]; given != nil {
		if inner, ok := integer(given); !ok || inner != d.ProjectID {
			return fault.InvalidField("event.project_id", "differs from the project_id of the request")
		}
	}
	d.Event["event_id"], d.Event["project_id"] = id.String(), numberOf(d.ProjectID)
	if d.Event["platform"] == nil {
		d.Event["platform"] = defaultPlatform
	}
	if d.Event["received"] == nil {
		d.Event["received"] = received.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	}
	return nil
}

func searchableError(event map[string]any) SearchableEvent {
	searchable := Searchable(event)
	searchable.Level = issue.ErrorLevel
	if level, ok := event["level"].(string); ok {
		searchable.Level = issue.ParseLevel(level)
	}
	searchable.Message = Clean(errorMessage(event), MaxSubtitle)
	return searchable
}

// errorMessage is the log entry, else the bare message, else the value of the last exception.
func errorMessage(event map[string]any) string {
	for _, key := range []string{"logentry", "message"} {
		if text := stringOrEmpty(event[key]); text != "" {
			return text
		}
		entry := objectOrNil(event[key])
		for _, part := range []string{"formatted", "message"} {
			if text := stringOrEmpty(entry[part]); text != "" {
				return text
			}
		}
	}
	exceptions := objectsOf(event["exception"])
	if len(exceptions) == 0 {
		return ""
	}
	return stringOrEmpty(exceptions[len(exceptions)-1]["value"])
}

func errorEventOf(event map[string]any) *ErrorEvent {
	e := &ErrorEvent{Checksum: stringOrEmpty(event["checksum"]), HashingInputs: hashingInputs(event)}
	parts, _ := event["fingerprint"].([]any)
	for _, part := range parts[:min(len(parts), MaxFingerprintParts)] {
		if text, ok := scalarText(part); ok {
			e.Fingerprint = append(e.Fingerprint, text)
		}
	}
	return e
}

package producer

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

const contentTypeJSON = "application/json"

// envelope is what of a JSON message is looked at before it is sent.
type envelope struct {
	PayloadType *string         `json:"payload_type"`
	ProjectID   json.RawMessage `json:"project_id"`
	Fingerprint json.RawMessage `json:"fingerprint"`
	EventID     any             `json:"event_id"`
	Event       struct {
		EventID any `json:"event_id"`
	} `json:"event"`
}

// JSON makes a message of one that is written already, as Picket's topic takes it: an object whose payload_type is
// occurrence, which is also meant when it is absent, or status_change. It is sent byte for byte. An error is an Invalid
// fault that names the field.
func JSON(value []byte) (Message, error) {
	var e envelope
	if err := json.Unmarshal(value, &e); err != nil {
		return Message{}, fault.InvalidField("", "is not a message: %v", err)
	}
	if e.PayloadType != nil && *e.PayloadType != "occurrence" && *e.PayloadType != "status_change" {
		return Message{}, fault.InvalidField("payload_type", "is %q, expected occurrence or status_change", *e.PayloadType)
	}
	project, ok := issue.Integer(string(e.ProjectID))
	if !ok || project <= 0 {
		return Message{}, fault.InvalidField("project_id", "is %s, expected a positive integer", cmp.Or(string(e.ProjectID), "absent"))
	}
	fingerprint, err := e.fingerprint()
	if err != nil {
		return Message{}, err
	}
	given, _ := e.EventID.(string)
	eventID, _ := e.Event.EventID.(string)
	if given != "" && eventID != "" && !sameID(given, eventID) {
		return Message{}, fault.InvalidField("event.event_id", "is %s, and the occurrence has %s", eventID, given)
	}
	return Message{key: key(project, fingerprint), value: slices.Clone(value), contentType: contentTypeJSON}, nil
}

// fingerprint takes a bare string for a list of one.
func (e *envelope) fingerprint() ([]string, error) {
	var one *string
	var parts []string
	switch {
	case len(e.Fingerprint) == 0:
		return nil, fault.InvalidField("fingerprint", "is required")
	case json.Unmarshal(e.Fingerprint, &one) == nil && one != nil:
		return []string{*one}, nil
	case json.Unmarshal(e.Fingerprint, &parts) != nil || len(parts) == 0:
		return nil, fault.InvalidField("fingerprint", "is %s, expected a list of strings that is not empty", e.Fingerprint)
	}
	return parts, nil
}

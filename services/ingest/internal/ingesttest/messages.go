package ingesttest

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Message is an occurrence as a producer writes it.
type Message struct {
	ID          string
	EventID     string
	Project     int64
	Fingerprint string
	Title       string
	Detected    time.Time
	PayloadType string
	WithEvent   bool
}

// NewMessage makes an occurrence with its event, of now.
func NewMessage(fingerprint, title string) Message {
	return Message{
		ID: NewID(), EventID: NewID(), Project: Project, Fingerprint: fingerprint, Title: title, Detected: time.Now(),
		PayloadType: "occurrence", WithEvent: true,
	}
}

// NewID makes a UUID as producers write it.
func NewID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// JSON is the value of the record.
func (m Message) JSON() []byte {
	seconds := float64(m.Detected.UnixMilli()) / 1000
	event := ""
	if m.WithEvent {
		event = fmt.Sprintf(`, "event": {"event_id": %q, "project_id": %d, "platform": "go", "timestamp": %.3f, "tags": {}}`,
			m.EventID, m.Project, seconds)
	}
	return fmt.Appendf(nil, `{"id": %q, "project_id": %d, "event_id": %q, "fingerprint": [%q], "issue_title": %q, "subtitle": "s",
		"type": 1001, "detection_time": %.3f, "payload_type": %q%s}`,
		m.ID, m.Project, m.EventID, m.Fingerprint, m.Title, seconds, m.PayloadType, event)
}

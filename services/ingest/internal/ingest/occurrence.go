package ingest

import (
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// Occurrence is one detection as it is kept. Its JSON is the stored form, beside what names it: ids do not compress.
type Occurrence struct {
	ID              ID             `json:"-"`
	ProjectID       int64          `json:"-"`
	EventID         ID             `json:"-"`
	DetectionTime   time.Time      `json:"-"`
	Fingerprint     []string       `json:"fingerprint"` // hashes of its parts
	Title           string         `json:"issue_title"`
	Subtitle        string         `json:"subtitle"`
	ResourceID      *string        `json:"resource_id"`
	EvidenceData    map[string]any `json:"evidence_data"`
	EvidenceDisplay []Evidence     `json:"evidence_display"`
	Type            int32          `json:"type"`
	Level           issue.Level    `json:"level"`
	Culprit         string         `json:"culprit"`
	InitialPriority issue.Priority `json:"initial_issue_priority"`
	Assignee        string         `json:"assignee"`

	finished bool
}

// Evidence is one line of an occurrence's evidence.
type Evidence struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Important bool   `json:"important"`
}

// Encode makes the stored form, without the ids and the time.
func (o *Occurrence) Encode() ([]byte, error) { return encode(o) }

// Metadata is what goes into the metadata of the issue, beyond title and value: of a feedback, who gave it. The occurrence is
// encoded before, as it came.
func (o *Occurrence) Metadata() map[string]any {
	if t, ok := issue.TypeByID(o.Type); !ok || t.Category != issue.CategoryFeedback {
		return nil
	}
	metadata := map[string]any{}
	for _, key := range []string{"contact_email", "message", "name", "source"} {
		metadata[key] = WithoutHugeNumbers(o.EvidenceData[key])
	}
	return metadata
}

// Draft is an occurrence as its sender wrote it, with its event if it came with one.
type Draft struct {
	ID              string
	ProjectID       int64
	EventID         string
	Fingerprint     []string // unhashed
	Title           string
	Subtitle        string
	ResourceID      *string
	EvidenceData    map[string]any
	EvidenceDisplay []Evidence
	Type            int32
	DetectionTime   time.Time
	Level           *string // nil: null, which means info
	Culprit         string
	InitialPriority issue.Priority
	Assignee        string

	Event         map[string]any // nil: the event is stored already
	BufferedSpans bool           // the event was built from spans: it is used and not stored
}

// Item applies the rules to a draft. An error is an Invalid fault that names the field. The item is to be finished.
func (d Draft) Item(received time.Time) (Item, error) {
	id, ok := ParseID(d.ID)
	if !ok {
		return Item{}, fault.InvalidField("id", "is not a UUID")
	}
	kind, ok := issue.TypeByID(d.Type)
	if !ok {
		return Item{}, fault.InvalidField("type", "no issue type has the id %d", d.Type)
	}
	if len(d.Fingerprint) == 0 {
		return Item{}, fault.InvalidField("fingerprint", "has no part")
	}
	eventID, err := d.eventID()
	if err != nil {
		return Item{}, err
	}
	occurrence := d.occurrence(id, eventID, kind)
	item := Item{
		Kind: KindOccurrence, ProjectID: d.ProjectID, ID: id, Time: occurrence.DetectionTime, Received: received,
		Occurrence: occurrence,
	}
	if d.Event != nil {
		item.Event, err = d.event(eventID, occurrence.Level, received)
	}
	return item, err
}

func (d Draft) occurrence(id, eventID ID, kind issue.Type) *Occurrence {
	o := &Occurrence{
		ID: id, ProjectID: d.ProjectID, EventID: eventID,
		Title: cleanText(d.Title), Subtitle: cleanText(d.Subtitle), Culprit: cleanText(d.Culprit), // cut when they are scrubbed
		Type: d.Type, DetectionTime: d.DetectionTime.UTC().Truncate(time.Microsecond),
		Level: issue.DefaultLevel, InitialPriority: d.InitialPriority, Assignee: assignee(d.Assignee),
		EvidenceData: map[string]any{}, EvidenceDisplay: []Evidence{},
	}
	for _, part := range d.Fingerprint[:min(len(d.Fingerprint), MaxFingerprintParts)] {
		o.Fingerprint = append(o.Fingerprint, HashPart(part))
	}
	if d.ResourceID != nil {
		resource := cleanText(*d.ResourceID)
		o.ResourceID = &resource
	}
	if d.EvidenceData != nil {
		o.EvidenceData = d.EvidenceData
	}
	for _, line := range d.EvidenceDisplay[:min(len(d.EvidenceDisplay), MaxEvidence)] {
		o.EvidenceDisplay = append(o.EvidenceDisplay, Evidence{cleanText(line.Name), cleanText(line.Value), line.Important})
	}
	if d.Level != nil && *d.Level != "" {
		o.Level = issue.ParseLevel(*d.Level)
	}
	if o.InitialPriority == issue.NoPriority {
		o.InitialPriority = kind.DefaultPriority
	}
	return o
}

// eventID is the id on which the occurrence and its event agree. One of them may leave it out.
func (d Draft) eventID() (ID, error) {
	outer := d.EventID
	inner := outer
	if d.Event != nil {
		given, isText := d.Event["event_id"].(string)
		if d.Event["event_id"] != nil && !isText {
			return ID{}, fault.InvalidField("event.event_id", "is %s, expected a string", kindOf(d.Event["event_id"]))
		}
		if given != "" {
			inner = given
		}
	}
	if outer == "" {
		outer = inner
	}
	if outer == "" {
		return ID{}, fault.InvalidField("event_id", "is required, here or in the event")
	}
	id, ok := ParseID(outer)
	if !ok {
		return ID{}, fault.InvalidField("event_id", "is not a UUID")
	}
	innerID, ok := ParseID(inner)
	if !ok {
		return ID{}, fault.InvalidField("event.event_id", "is not a UUID")
	}
	if id != innerID {
		return ID{}, fault.InvalidField("event.event_id", "differs from the event_id of the occurrence")
	}
	return id, nil
}

// assignee gives user:ID or team:ID; a bare id is a user's, and anything without an id is nobody.
func assignee(text string) string {
	text = strings.TrimSpace(Clean(text, MaxAssignee))
	kind, id, found := strings.Cut(text, ":")
	switch {
	case text == "":
		return ""
	case !found:
		return "user:" + text
	case (kind == "user" || kind == "team") && id != "":
		return text
	default:
		return ""
	}
}

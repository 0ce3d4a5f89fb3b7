package ingest

import (
	"maps"
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// Event is an event that came with its item.
type Event struct {
	ID         ID
	Body       []byte          // JSON, as it is kept, see RestoreEvent; of a finished item
	Light      bool            // built from spans: used and not stored
	ByLegacy   bool            // only the older schema accepts it
	Searchable SearchableEvent // of a finished item

	tree  map[string]any
	level issue.Level
}

// keptKeys are the optional parts of an event that are kept. What is not named here or in event is dropped.
var keptKeys = []string{
	"breadcrumbs", "contexts", "debug_meta", "dist", "environment", "extra", "modules", "release", "request", "sdk",
	"server_name", "stacktrace", "trace_id", "transaction", "user",
}

// lightKeys are those that are used of an event built from spans.
var lightKeys = []string{"environment", "platform", "release", "tags", "timestamp"}

// event checks the supplied event and brings it into its stored form.
func (d Draft) event(id ID, level issue.Level, received time.Time) (*Event, error) {
	project, ok := integer(d.Event["project_id"])
	if !ok {
		return nil, fault.InvalidField("event.project_id", "is %s, expected an integer", kindOf(d.Event["project_id"]))
	}
	if project != d.ProjectID {
		return nil, fault.InvalidField("event.project_id", "differs from the project_id of the occurrence")
	}
	body := d.body(id, received)
	byLegacy, err := checkEvent(body)
	if err != nil {
		return nil, err
	}
	if d.BufferedSpans {
		body = pick(body, lightKeys)
	}
	return &Event{ID: id, Light: d.BufferedSpans, ByLegacy: byLegacy, tree: body, level: level}, nil
}

// body builds the event that is kept. The occurrence's level is the event's.
func (d Draft) body(id ID, received time.Time) map[string]any {
	body := map[string]any{
		"event_id": id.String(), "project_id": d.Event["project_id"], "level": nil,
		"platform": d.Event["platform"], "tags": d.Event["tags"], "timestamp": d.Event["timestamp"],
	}
	if d.Level != nil {
		body["level"] = *d.Level
	}
	body["received"] = received.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	if given, ok := d.Event["received"]; ok {
		body["received"] = given
	}
	maps.Copy(body, pick(d.Event, keptKeys))
	return body
}

func pick(object map[string]any, keys []string) map[string]any {
	picked := make(map[string]any, len(keys))
	for _, key := range keys {
		if value, ok := object[key]; ok {
			picked[key] = value
		}
	}
	return picked
}

// ReadEvent gives the searchable part of a stored event.
func ReadEvent(body []byte, level issue.Level) (SearchableEvent, error) {
	object, err := DecodeObject(body)
	if err != nil {
		return SearchableEvent{}, err
	}
	searchable := Searchable(object)
	searchable.Level = level
	return searchable, nil
}

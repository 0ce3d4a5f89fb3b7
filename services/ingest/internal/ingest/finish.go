package ingest

import (
	"github.com/picket-io/picket/services/ingest/internal/scrub"
)

// notScrubbed are the parts of an event that name the program and no data of its users.
var notScrubbed = map[string]bool{
	"checksum": true, "fingerprint": true, // of error events: they are hashed as the sender meant them
	"debug_meta": true, "dist": true, "environment": true, "event_id": true, "level": true, "modules": true, "platform": true,
	"project_id": true, "received": true, "release": true, "sdk": true, "timestamp": true, "trace_id": true,
}

// usualBody is what most bodies have room in.
const usualBody = 4 << 10

// Finish takes the secrets out of what the item holds, then cuts it to the limits, so that no half of a secret is left,
// and brings it into the form in which it is kept. Only the first time has an effect.
func (i *Item) Finish(s *scrub.Scrubber) {
	o := i.Occurrence
	if o == nil && i.ErrorEvent != nil {
		i.finishErrorEvent(s)
	}
	if o == nil || o.finished {
		return
	}
	o.finished = true
	o.Title = Clean(s.Field("issue_title", o.Title), MaxTitle)
	o.Subtitle = Clean(s.Field("subtitle", o.Subtitle), MaxSubtitle)
	o.Culprit = Clean(s.Field("culprit", o.Culprit), MaxCulprit)
	if o.ResourceID != nil {
		resource := s.Field("resource_id", *o.ResourceID)
		o.ResourceID = &resource
	}
	s.Object(o.EvidenceData)
	for n, line := range o.EvidenceDisplay {
		o.EvidenceDisplay[n].Name, o.EvidenceDisplay[n].Value = s.Text(line.Name), s.Field(line.Name, line.Value)
	}
	if i.Event != nil {
		i.Event.finish(s)
	}
}

func (e *Event) finish(s *scrub.Scrubber) {
	scrubEvent(s, e.tree)
	e.Searchable = Searchable(e.tree)
	e.Searchable.Level = e.level
	if e.Light {
		return
	}
	e.encode()
}

// encode leaves out what RestoreEvent puts back: an id takes 19 of 220 bytes, because it does not compress.
func (e *Event) encode() {
	delete(e.tree, "event_id")
	e.Body = appendTree(make([]byte, 0, usualBody), e.tree)
	e.tree = nil
}

// finishErrorEvent does the same for an error event, all of which is kept.
func (i *Item) finishErrorEvent(s *scrub.Scrubber) {
	tree := i.Event.tree
	if tree == nil {
		return
	}
	scrubEvent(s, tree)
	i.Event.Searchable = searchableError(tree)
	i.ErrorEvent = errorEventOf(tree)
	i.Event.encode()
}

func scrubEvent(s *scrub.Scrubber, tree map[string]any) {
	for key, value := range tree {
		switch {
		case notScrubbed[key]:
		case key == "stacktrace":
			tree[key] = s.Code(key, value)
		case key == "exception", key == "threads":
			tree[key] = scrubStacked(s, key, value)
		default:
			tree[key] = s.Value(key, value)
		}
	}
}

// scrubStacked scrubs what has stack traces of its own: these are code, the rest is text.
func scrubStacked(s *scrub.Scrubber, key string, value any) any {
	objects := objectsOf(value)
	stacks := make([]any, len(objects))
	for i, object := range objects {
		if stack, ok := object["stacktrace"]; ok {
			stacks[i] = s.Code("stacktrace", stack)
			object["stacktrace"] = nil
		}
	}
	value = s.Value(key, value)
	for i, object := range objects {
		if stacks[i] != nil {
			object["stacktrace"] = stacks[i]
		}
	}
	return value
}

package pipeline

import (
	"context"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/scrub"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// task is one item under way. From the moment it is handed in until the batch answers, the batch owns it.
type task struct {
	item     ingest.Item
	admitted bool
	dropped  issue.Outcome           // by the door; zero: it goes on
	payload  []byte                  // status changes have none
	looked   *ingest.SearchableEvent // of the event that was stored before, once it is found
	done     bool
	result   Result
}

// prepare does what needs no other item and no database, in the caller's goroutine. From here on the item has no secrets.
func (p *Pipeline) prepare(ctx context.Context, t *task, safeFields []string) {
	if t.item.Occurrence == nil && t.item.ErrorEvent == nil {
		return
	}
	scrubber := scrub.New(safeFields)
	t.item.Finish(scrubber)
	p.metrics.redacted.Add(ctx, int64(scrubber.Redacted))
	var occurrence, event []byte
	if t.item.Occurrence != nil {
		var err error
		if occurrence, err = t.item.Occurrence.Encode(); err != nil {
			t.fail(err)
			return
		}
	}
	if t.storesEvent() {
		event = t.item.Event.Body
	}
	t.payload = store.Body(occurrence, event)
}

// storesEvent: an event built from spans is used and not stored.
func (t *task) storesEvent() bool { return t.item.Event != nil && !t.item.Event.Light }

func (t *task) isDropped() bool { return t.dropped != 0 }

func (t *task) bringsEvent() bool { return t.item.Event != nil }

// looksUp says whether the item's event has to be stored already.
func (t *task) looksUp() bool { return t.item.Occurrence != nil && t.item.Event == nil }

func (t *task) key() store.Key {
	return store.Key{ProjectID: t.item.ProjectID, Kind: t.item.Kind, ItemID: t.item.ID, ItemTime: t.item.Time}
}

func (t *task) row() store.Payload {
	return store.Payload{
		Key: t.key(), EventID: t.item.EventID(), HasEvent: t.storesEvent(), Body: t.payload, Likeness: t.item.Likeness(),
	}
}

func (t *task) drop() store.Drop {
	return store.Drop{Key: t.key(), Outcome: t.dropped, Received: t.item.Received}
}

func (t *task) finish(verdict ingest.Verdict) { t.done, t.result = true, Result{Value: verdict} }

func (t *task) fail(err error) { t.done, t.result = true, Result{Err: err} }

// sizeOf counts what a call weighs in a batch.
func sizeOf(tasks []*task) int {
	const overhead = 1024 // of the searchable part
	size := 0
	for _, t := range tasks {
		size += len(t.payload) + overhead
	}
	return size
}

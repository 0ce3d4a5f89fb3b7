package consumer

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const (
	firstBackoff  = 100 * time.Millisecond
	maxBackoff    = 5 * time.Second
	parkTime      = 15 * time.Second // until an occurrence whose event is not stored is tried again
	maxSuspicious = 5                // tries of an item that fails in a way that may be its own
)

// carryOut takes records to their end: a verdict, a drop, or a dead letter, all durable. It says false when it was
// told to stop before; then the records come again, and those that had an effect are repeats.
func (w *worker) carryOut(ctx context.Context, records []*kgo.Record) bool {
	received := w.now()
	var letters []store.DeadLetter
	var left []delivery
	for _, record := range records {
		item, err := readRecord(record, received)
		if err != nil {
			letters = append(letters, deadLetter(record, item.ProjectID, received, err))
			continue
		}
		left = append(left, delivery{record, item})
	}
	for try := 1; len(left) > 0; try++ {
		if try > 1 && !pause(ctx, backoff(try)) {
			return false
		}
		var dead []store.DeadLetter
		left, dead = w.attempt(ctx, left, try)
		letters = append(letters, dead...)
	}
	return w.bury(ctx, letters)
}

// delivery is a record that holds an item.
type delivery struct {
	record *kgo.Record
	item   ingest.Item
}

func readRecord(record *kgo.Record, received time.Time) (ingest.Item, error) {
	if len(record.Value) > ingest.MaxMessageBytes {
		return ingest.Item{}, errTooLarge
	}
	fallback := ingest.RecordID(record.Topic, record.Partition, record.Offset)
	return ingest.ReadMessage(record.Value, fallback, received)
}

// attempt submits what is left and gives what has to be submitted again, in order, and what is dead.
func (w *worker) attempt(ctx context.Context, left []delivery, try int) ([]delivery, []store.DeadLetter) {
	items := make([]ingest.Item, len(left))
	for i, d := range left {
		items[i] = d.item
	}
	var again []delivery
	var dead []store.DeadLetter
	// What has begun is finished: only waiting ends early.
	for i, result := range w.pipeline.Submit(context.WithoutCancel(ctx), items) {
		switch {
		case result.Err == nil:
		case pipeline.IsTransient(result.Err), isSuspicious(result.Err) && try < maxSuspicious:
			again = append(again, left[i])
			w.log.WarnContext(ctx, "an item waits", "project_id", items[i].ProjectID, "item_id", items[i].ID, "try", try, "error", result.Err)
		default:
			dead = append(dead, deadLetter(left[i].record, items[i].ProjectID, items[i].Received, result.Err))
		}
	}
	return again, dead
}

// bury stores dead letters. If the process dies before the offsets are committed, the records come again and find
// their letters.
func (w *worker) bury(ctx context.Context, letters []store.DeadLetter) bool {
	if len(letters) == 0 {
		return true
	}
	for try := 1; ; try++ {
		err := w.store.PutDeadLetters(context.WithoutCancel(ctx), letters)
		if err == nil {
			w.log.WarnContext(ctx, "records became dead letters", "count", len(letters), "first_reason", letters[0].Detail)
			return true
		}
		w.log.WarnContext(ctx, "dead letters wait", "try", try, "error", err)
		if !pause(ctx, backoff(try+1)) {
			return false
		}
	}
}

func backoff(try int) time.Duration {
	return min(maxBackoff, firstBackoff<<min(try-2, 10))
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

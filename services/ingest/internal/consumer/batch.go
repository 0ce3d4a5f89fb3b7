package consumer

import (
	"context"
	"slices"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
)

const (
	batchRecords = 500     // that go through the pipeline together
	batchBytes   = 4 << 20 // likewise
)

// batch is records that go through the pipeline together. It is never waited for that one fills: while batches are
// under way the records gather by themselves.
type batch struct {
	deliveries []*delivery
	pruned     []*delivery // which have no effect
	held       bool        // of projects that were held; they may take long, and others do not wait with them
}

// nextBatch takes records out of those that wait, or gives nil.
func (w *worker) nextBatch() *batch {
	b := &batch{}
	size := 0
	rest := w.waiting[:0]
	for i, d := range w.waiting {
		if len(b.deliveries) == batchRecords || size >= batchBytes {
			rest = append(rest, w.waiting[i:]...)
			break
		}
		switch {
		case !d.keyed() && !w.read(d): // it is no item
		case !w.mayJoin(b, d):
			rest = append(rest, d)
		default:
			b.held = w.held[d.key.project] != nil
			b.deliveries = append(b.deliveries, d)
			size += len(d.record.Value)
		}
	}
	clear(w.waiting[len(rest):])
	w.waiting = rest
	if len(b.deliveries) == 0 {
		return nil
	}
	if w.cfg.PruneStatusChanges {
		b.deliveries, b.pruned = prune(b.deliveries)
	}
	return b
}

// mayJoin tells whether a record may be judged now, and together with those of the batch. The answer is the same for
// all records of a key, so that none overtakes another.
func (w *worker) mayJoin(b *batch, d *delivery) bool {
	if w.busy[d.key] > 0 {
		return false
	}
	h := w.held[d.key.project]
	if h != nil && (h.waiting || w.trying) {
		d.unread() // it may take long, and the bytes are kept
		return false
	}
	return len(b.deliveries) == 0 || b.held == (h != nil)
}

// submit has the pipeline judge a batch.
func (w *worker) submit(b *batch) []pipeline.Result {
	items := make([]ingest.Item, len(b.deliveries))
	for i, d := range b.deliveries {
		items[i] = d.reread()
	}
	// What has begun is finished, even when the partition is given up.
	ctx, finish := w.metrics.startBatch(context.WithoutCancel(w.ctx), b)
	defer finish()
	return w.pipeline.Submit(ctx, items)
}

// prune keeps, of the status changes of each key, only the last, and moves it behind everything else of the key.
func prune(deliveries []*delivery) (kept, pruned []*delivery) {
	last := map[orderKey]*delivery{}
	for _, d := range deliveries {
		if !d.changesStatus {
			kept = append(kept, d)
			continue
		}
		if earlier := last[d.key]; earlier != nil {
			pruned = append(pruned, earlier)
		}
		last[d.key] = d
	}
	for _, d := range deliveries {
		if last[d.key] == d {
			kept = append(kept, d)
		}
	}
	return kept, pruned
}

func sortByOffset(deliveries []*delivery) {
	slices.SortFunc(deliveries, func(a, b *delivery) int { return int(a.record.Offset - b.record.Offset) })
}

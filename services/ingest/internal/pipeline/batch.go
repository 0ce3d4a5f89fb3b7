package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/picket-io/picket/pkg/batch"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// chunkItems is how many items share a write and a call of AssignGroups.
const chunkItems = 1000

func (p *Pipeline) carryOut(ctx context.Context, calls [][]*task) []batch.Result[struct{}] {
	tasks := slices.Concat(calls...)
	p.metrics.batch(ctx, len(tasks))
	r := &round{Pipeline: p, postponed: map[int64]error{}}
	for chunk := range slices.Chunk(tasks, chunkItems) {
		r.carryOut(ctx, chunk)
	}
	return make([]batch.Result[struct{}], len(calls))
}

// round is the work on one batch.
type round struct {
	*Pipeline
	// Projects of which an item has to come again, and why. Going on with their later items would break the order.
	postponed map[int64]error
}

func (r *round) fail(err error, tasks ...*task) {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) { // of the batch, not of a caller
		err = fault.TryLater(retryAfter, err, "the batch took too long")
	}
	for _, t := range tasks {
		t.fail(err)
		if fault.KindOf(err) == fault.Unavailable {
			r.postponed[t.item.ProjectID] = err
		}
	}
}

// open gives the tasks that have no result yet and that want holds for.
func (r *round) open(tasks []*task, want func(*task) bool) []*task {
	var wanted []*task
	for _, t := range tasks {
		if err := r.postponed[t.item.ProjectID]; err != nil && !t.done {
			t.fail(err)
		}
		if !t.done && want(t) {
			wanted = append(wanted, t)
		}
	}
	return wanted
}

// carryOut has a fixed order, and each step is durable before the next begins. If the process dies
//   - after the payloads are stored: nobody was told anything; the items come again, find their rows and go on. If
//     they never do, the rows go with their partition;
//   - after AssignGroups: the items come again and get their first verdicts, repeated;
//   - before an unwanted payload is deleted: as before, and the verdict says again that it is unwanted.
//
// A door drop is one row, and its item has no other effect: it comes again and finds its row.
// That a payload is stored says nothing about whether it was judged, so AssignGroups is always called.
func (r *round) carryOut(ctx context.Context, tasks []*task) {
	r.drop(ctx, r.open(tasks, (*task).isDropped))
	// Events first, so that an occurrence finds the event that came in just before it.
	r.put(ctx, r.open(tasks, (*task).bringsEvent))
	lookups := r.open(tasks, (*task).looksUp)
	r.lookUp(ctx, lookups)
	r.put(ctx, r.open(lookups, (*task).looksUp))
	r.assign(ctx, tasks)
}

// drop counts what the door dropped before anybody is told.
func (r *round) drop(ctx context.Context, tasks []*task) {
	if len(tasks) == 0 {
		return
	}
	rows := make([]store.Drop, len(tasks))
	for i, t := range tasks {
		rows[i] = t.drop()
	}
	if err := r.store.PutDrops(ctx, rows); err != nil {
		r.fail(err, tasks...)
		return
	}
	for _, t := range tasks {
		t.finish(ingest.Verdict{Outcome: t.dropped})
	}
}

// put stores the payloads of tasks. A batch with a row that cannot be stored is split in halves until that row
// stands alone.
func (r *round) put(ctx context.Context, tasks []*task) {
	if len(tasks) == 0 {
		return
	}
	rows := make([]store.Payload, len(tasks))
	for i, t := range tasks {
		rows[i] = t.row()
	}
	err := r.store.PutPayloads(ctx, rows)
	bad, old := errors.Is(err, store.ErrBadRow), errors.Is(err, store.ErrTooOld)
	switch {
	case err == nil:
		return
	case (bad || old) && len(tasks) > 1:
		r.put(ctx, tasks[:len(tasks)/2])
		r.put(ctx, tasks[len(tasks)/2:])
	case old:
		tasks[0].dropped = issue.DroppedTooOld
		r.drop(ctx, tasks)
	case bad:
		r.fail(fault.InvalidField("", "cannot be stored"), tasks[0])
	default:
		r.fail(err, tasks...)
	}
}

// lookUp finds the stored events that occurrences refer to.
func (r *round) lookUp(ctx context.Context, tasks []*task) {
	if len(tasks) == 0 {
		return
	}
	keys := make([]store.EventKey, len(tasks))
	for i, t := range tasks {
		keys[i] = store.EventKey{ProjectID: t.item.ProjectID, EventID: t.item.Occurrence.EventID}
	}
	events, err := r.store.Events(ctx, keys)
	if err != nil {
		r.fail(err, tasks...)
		return
	}
	for i, t := range tasks {
		stored, ok := events[keys[i]]
		if !ok {
			r.fail(fault.Precondition(ReasonEventNotStored, "the event %s of project %d is not stored", keys[i].EventID, keys[i].ProjectID), t)
			continue
		}
		searchable, err := ingest.ReadEvent(stored.Body, t.item.Occurrence.Level)
		if err != nil {
			r.fail(err, t)
			continue
		}
		t.looked = &searchable
	}
}

// ReasonEventNotStored is the reason of the fault that an occurrence gets whose event is not stored.
const ReasonEventNotStored = "EVENT_NOT_STORED"

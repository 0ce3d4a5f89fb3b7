package consumer

import (
	"context"
	"time"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// burial is dead letters that were to be stored.
type burial struct {
	deliveries []*delivery
	stored     bool // else the partition was given up before
}

// bury has a record become a dead letter. Later records of its key do not wait for it.
func (w *worker) bury(d *delivery, err error) {
	d.letter = deadLetter(d, err)
	if d.letter.Reason != ingest.DeadEventNotStored {
		w.recent.spoil(d.number)
	}
	w.dead = append(w.dead, d)
}

// buryNext stores the dead letters there are, one lot after the other. If the process dies before the offsets are
// committed, the records come again and find their letters.
func (w *worker) buryNext() {
	if w.burying || len(w.dead) == 0 {
		return
	}
	deliveries := w.dead
	letters := make([]store.DeadLetter, len(deliveries))
	for i, d := range deliveries {
		letters[i] = *d.letter
	}
	w.burying, w.dead = true, nil
	go func() { w.buried <- burial{deliveries, w.storeLetters(letters)} }()
}

func (w *worker) storeLetters(letters []store.DeadLetter) bool {
	for try := 1; ; try++ {
		err := w.store.PutDeadLetters(context.WithoutCancel(w.ctx), letters)
		if err == nil {
			// Without the detail, which may quote what nobody has scrubbed.
			w.log.WarnContext(w.ctx, "records became dead letters", "count", len(letters), "partition", letters[0].Partition,
				"first_offset", letters[0].Offset, "first_reason", reasonName(letters[0].Reason))
			return true
		}
		w.log.WarnContext(w.ctx, "dead letters wait", "try", try, "error", err)
		timer := time.NewTimer(backoff(try))
		select {
		case <-timer.C:
		case <-w.ctx.Done():
			timer.Stop()
			return false
		}
	}
}

func (w *worker) settleBurial(b burial) {
	w.burying = false
	if !b.stored {
		return
	}
	for _, d := range b.deliveries {
		w.metrics.countDeadLetter(w.ctx, d.letter.Reason)
	}
	w.window.done(b.deliveries...)
}

func backoff(try int) time.Duration { return min(maxBackoff, firstBackoff<<min(try-1, 10)) }

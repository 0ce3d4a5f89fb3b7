package deadletters

import (
	"context"
	"time"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const (
	retryInterval = 5 * time.Second
	retryTimeout  = time.Minute // of one round; what is left is due at the next
)

// RetryParked replays the letters that wait for their event when they are due, until ctx ends. Any number of replicas
// may do so.
func (r *Replayer) RetryParked(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(retryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := r.RetryDue(ctx); err != nil && ctx.Err() == nil {
			onError(err)
		}
	}
}

// RetryDue replays every letter that is due now.
func (r *Replayer) RetryDue(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, retryTimeout)
	defer cancel()
	now := r.now()
	for {
		letters, err := r.store.ClaimDueLetters(ctx, now, pageLetters)
		if err != nil || len(letters) == 0 {
			return err
		}
		if err := r.retry(ctx, letters, now); err != nil {
			return err
		}
	}
}

// retry leaves a letter that failed at the time that the claim set, unless this was its last try. A letter about which
// nobody could be asked is tried again in any case.
func (r *Replayer) retry(ctx context.Context, letters []store.DeadLetter, now time.Time) error {
	judged, failed, unanswered := r.judge(ctx, letters)
	if len(judged) > 0 {
		if _, err := r.store.RemoveDeadLetters(ctx, judged); err != nil { // as in replay
			return err
		}
	}
	if len(failed) > 0 {
		waits := func(l store.DeadLetter) bool {
			return l.Reason == ingest.DeadEventNotStored && !ingest.WaitIsOver(l.Received, now)
		}
		if err := r.store.RefuseDeadLetters(ctx, failed, waits); err != nil {
			return err
		}
	}
	return unanswered
}

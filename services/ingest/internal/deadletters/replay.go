// Package deadletters gives dead letters another chance: when somebody asks for it, and by itself those that wait for
// their event.
package deadletters

import (
	"context"
	"fmt"
	"time"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// pageLetters are read and judged together; each has up to ingest.MaxMessageBytes.
const pageLetters = 32

// Replayer takes dead letters through the pipeline again. Their items keep the time of their first receipt.
type Replayer struct {
	pipeline *pipeline.Pipeline
	store    *store.Store
	now      func() time.Time
}

// NewReplayer makes a replayer.
func NewReplayer(p *pipeline.Pipeline, s *store.Store, now func() time.Time) *Replayer {
	return &Replayer{pipeline: p, store: s, now: now}
}

// Counts says what became of letters.
type Counts struct {
	Replayed int64 // judged, and removed by this call
	Failed   int64
}

// Named replays the letters that are named. Those that are gone were replayed before.
func (r *Replayer) Named(ctx context.Context, keys []store.DeadLetterKey) (Counts, error) {
	var sum Counts
	for len(keys) > 0 {
		page := keys[:min(len(keys), pageLetters)]
		keys = keys[len(page):]
		letters, err := r.store.DeadLettersByKey(ctx, page)
		if err != nil {
			return sum, err
		}
		if err := r.replay(ctx, letters, &sum); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// Matching replays the letters that match a filter and were there when it began, each once.
func (r *Replayer) Matching(ctx context.Context, filter store.DeadLetterFilter) (Counts, error) {
	var sum Counts
	if now := r.now(); filter.ReceivedBefore == nil || now.Before(*filter.ReceivedBefore) {
		filter.ReceivedBefore = &now
	}
	var after store.DeadLetterPosition
	for {
		letters, err := r.store.NextDeadLetters(ctx, filter, after, pageLetters)
		if err != nil || len(letters) == 0 {
			return sum, err
		}
		if err := r.replay(ctx, letters, &sum); err != nil {
			return sum, err
		}
		after = letters[len(letters)-1].Position()
	}
}

// replay has every letter judged before it removes it. If the process dies between the two, the letter is replayed
// again, its item is a repeat, and then it goes. If another call replays the same letter meanwhile, the item counts
// once and the letter is removed by one of them.
func (r *Replayer) replay(ctx context.Context, letters []store.DeadLetter, sum *Counts) error {
	judged, failed, unanswered := r.judge(ctx, letters)
	if len(judged) > 0 {
		removed, err := r.store.RemoveDeadLetters(ctx, judged)
		if err != nil {
			return err
		}
		sum.Replayed += removed
	}
	if len(failed) > 0 {
		if err := r.store.RefuseDeadLetters(ctx, failed, waitsForEvent); err != nil {
			return err
		}
		sum.Failed += int64(len(failed))
	}
	return unanswered
}

func waitsForEvent(l store.DeadLetter) bool { return l.Reason == ingest.DeadEventNotStored }

// judge gives the letters that were judged, those that failed, with the reason of this time, and an error when some
// are neither because nobody could be asked.
func (r *Replayer) judge(ctx context.Context, letters []store.DeadLetter) (judged []store.DeadLetterKey, failed []store.DeadLetter, unanswered error) {
	var items []ingest.Item
	var readable []store.DeadLetter
	for _, letter := range letters {
		item, err := read(letter)
		if err != nil {
			failed = append(failed, refused(letter, err))
			continue
		}
		items, readable = append(items, item), append(readable, letter)
	}
	for i, result := range r.pipeline.Submit(ctx, items) {
		switch {
		case result.Err == nil:
			judged = append(judged, readable[i].DeadLetterKey)
		case pipeline.IsTransient(result.Err):
			unanswered = result.Err
		default:
			failed = append(failed, refused(readable[i], result.Err))
		}
	}
	return judged, failed, unanswered
}

func read(letter store.DeadLetter) (ingest.Item, error) {
	if len(letter.Value) > ingest.MaxMessageBytes {
		return ingest.Item{}, errTooLarge
	}
	return ingest.ReadMessage(letter.Value, ingest.RecordID(letter.Topic, letter.Partition, letter.Offset), letter.Received)
}

var errTooLarge = fmt.Errorf("the record has more than %d bytes", ingest.MaxMessageBytes)

func refused(letter store.DeadLetter, err error) store.DeadLetter {
	if err == errTooLarge { //nolint:errorlint // read gives it as it is
		letter.Reason, letter.Detail = ingest.DeadTooLarge, err.Error()
		return letter
	}
	letter.Reason, letter.Detail = pipeline.Refusal(err)
	return letter
}

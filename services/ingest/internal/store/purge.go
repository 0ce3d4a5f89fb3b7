package store

import (
	"cmp"
	"context"
	"time"
)

const (
	purgeDrops      = `DELETE FROM door_drops WHERE received_at < $1`
	purgeRejections = `DELETE FROM rejected_counts WHERE minute < $1`
)

const (
	purgeInterval = time.Hour
	purgeStep     = 500 // dead letters, of up to a MiB each
)

// Purge deletes what is past retention, at once and then every hour, until ctx ends. onLetters is told how many dead letters
// that were.
func (s *Store) Purge(ctx context.Context, onLetters func(int64), onError func(error)) error {
	ticker := time.NewTicker(purgeInterval)
	defer ticker.Stop()
	for {
		letters, err := s.PurgeOnce(ctx)
		if letters > 0 {
			onLetters(letters)
		}
		if err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// PurgeOnce deletes what is past retention now: counts, and a day later, as payloads, dead letters, of which it gives the
// number. An item may be a day ahead of the receipt of its letter; from then on its replay is too old in any case. It is not
// counted as rejected: the other counts of its minute are gone.
func (s *Store) PurgeOnce(ctx context.Context) (letters int64, err error) {
	before := s.now().Add(-s.retention)
	letters, err1 := s.purgeLetters(ctx, before.Add(-24*time.Hour))
	_, err2 := s.pool.Exec(ctx, purgeDrops, before) // what has come past it since the last time is little
	_, err3 := s.pool.Exec(ctx, purgeRejections, before)
	return letters, cmp.Or(err1, translate(cmp.Or(err2, err3)))
}

// purgeLetters works in steps that hold no lock for long. One that is replayed at the same time is judged, and gone either way.
func (s *Store) purgeLetters(ctx context.Context, before time.Time) (int64, error) {
	var sum int64
	var after DeadLetterPosition
	for {
		places, err := s.NextDeadLetterPositions(ctx, DeadLetterFilter{ReceivedBefore: &before}, after, purgeStep)
		if err != nil || len(places) == 0 {
			return sum, err
		}
		keys := make([]DeadLetterKey, len(places))
		for i, place := range places {
			keys[i] = place.Key()
		}
		removed, err := s.RemoveDeadLetters(ctx, keys)
		if err != nil {
			return sum, err
		}
		sum, after = sum+removed, places[len(places)-1]
	}
}

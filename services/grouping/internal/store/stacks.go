package store

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// As lookup.go looks keys up.
const selectFreshStacks = `
SELECT s.digest FROM unnest($2::uuid[]) AS w (digest)
CROSS JOIN LATERAL (SELECT * FROM stacks s WHERE s.project_id = $1 AND s.digest = w.digest OFFSET 0) s WHERE s.last_day >= $3`

// A stack of which somebody else knows by now gets the later day all the same: the row is locked, so that no sweep that
// has found it old removes it.
const insertStack = `
INSERT INTO stacks AS s (project_id, digest, last_day, abs_paths, filenames, functions, modules, packages, lines, columns,
                         levels, in_app, not_in_app)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (project_id, digest) DO UPDATE SET last_day = greatest(s.last_day, excluded.last_day)`

// stacks are those of events that are about to be indexed, by digest.
//
// They are stored in the transaction that indexes the events: no event is ever seen without its stack. A row that has
// today's day is left alone, which makes one write a day of a stack with a million events. It may be: sweeps remove a
// row weeks after the last event that can refer to it has left the index, and none that looks at it before this
// transaction ends finds it old. Any other row is written. Then either this transaction has the row first, and a sweep
// that waits for it looks at its day again and leaves it; or the sweep has it first, and this transaction waits, finds no
// row, and inserts it anew.
type stacks struct {
	digests map[*grouping.Stack]uuid.UUID
	fresh   map[uuid.UUID]bool // whose rows have today's day
}

func stacksOf(items []grouping.Item) stacks {
	s := stacks{digests: map[*grouping.Stack]uuid.UUID{}, fresh: map[uuid.UUID]bool{}}
	for _, item := range items {
		if item.Occurrence != nil && item.Occurrence.Event.Stack != nil {
			stack := item.Occurrence.Event.Stack
			s.digests[stack] = stack.Digest()
		}
	}
	return s
}

// queueFresh finds out which rows have the day of a time.
func (s stacks) queueFresh(batch *pgx.Batch, projectID int64, now time.Time) {
	if len(s.digests) == 0 {
		return
	}
	batch.Queue(selectFreshStacks, projectID, slices.Collect(maps.Values(s.digests)), dayOf(now)).Query(func(rows pgx.Rows) error {
		fresh, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		for _, digest := range fresh {
			s.fresh[digest] = true
		}
		return err
	})
}

// queue writes the others of events that are indexed, in order, so that two transactions wait for each other in one
// direction only.
func (s stacks) queue(batch *pgx.Batch, projectID int64, now time.Time, events []grouping.IndexedEvent) {
	written := map[uuid.UUID]*grouping.Stack{}
	for _, event := range events {
		stack := event.Item.Occurrence.Event.Stack
		if digest, ok := s.digests[stack]; ok && !s.fresh[digest] {
			written[digest] = stack
		}
	}
	for _, digest := range slices.SortedFunc(maps.Keys(written), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		stack := written[digest]
		batch.Queue(insertStack, projectID, digest, dayOf(now), filled(stack.AbsPaths), filled(stack.Filenames), filled(stack.Functions),
			filled(stack.Modules), filled(stack.Packages), filled(stack.Lines), filled(stack.Columns), filled(stack.Levels),
			stack.InApp, stack.NotInApp)
	}
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// filled gives an empty array where pgx would write null.
func filled[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

// The day stands outside as well: where a row was written while this statement waited for it, it is what is looked at
// again.
const deleteStacks = `
DELETE FROM stacks WHERE project_id = $1 AND last_day < $2 AND digest IN (
    SELECT digest FROM stacks WHERE project_id = $1 AND last_day < $2 LIMIT $3)`

// ForgetStacks removes up to limit stacks that no event has had since a day, and says how many it removed.
func (s *Store) ForgetStacks(ctx context.Context, projectID int64, before time.Time, limit int) (int64, error) {
	tag, err := s.pool.Exec(ctx, deleteStacks, projectID, before, limit)
	return tag.RowsAffected(), translate(err)
}

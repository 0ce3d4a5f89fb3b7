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

const selectFreshStacks = `SELECT digest FROM stacks WHERE project_id = $1 AND digest = ANY ($2) AND last_day >= $3`

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
type stacks map[uuid.UUID]*grouping.Stack

func stacksOf(events []grouping.IndexedEvent) (found stacks, digests map[*grouping.Stack]uuid.UUID) {
	found, digests = stacks{}, map[*grouping.Stack]uuid.UUID{}
	for _, e := range events {
		if stack := e.Item.Occurrence.Event.Stack; stack != nil {
			digest := stack.Digest()
			found[digest], digests[stack] = stack, digest
		}
	}
	return found, digests
}

// queueFresh takes out those whose rows have the day.
func (s stacks) queueFresh(batch *pgx.Batch, projectID int64, day time.Time) {
	if len(s) == 0 {
		return
	}
	batch.Queue(selectFreshStacks, projectID, slices.Collect(maps.Keys(s)), day).Query(func(rows pgx.Rows) error {
		fresh, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		for _, digest := range fresh {
			delete(s, digest)
		}
		return err
	})
}

// insert writes in order, so that two of them wait for each other in one direction only.
func (s stacks) insert(ctx context.Context, tx pgx.Tx, projectID int64, day time.Time) error {
	if len(s) == 0 {
		return nil
	}
	order := slices.SortedFunc(maps.Keys(s), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	batch := &pgx.Batch{}
	for _, digest := range order {
		stack := s[digest]
		batch.Queue(insertStack, projectID, digest, day, filled(stack.AbsPaths), filled(stack.Filenames), filled(stack.Functions),
			filled(stack.Modules), filled(stack.Packages), filled(stack.Lines), filled(stack.Columns), filled(stack.Levels),
			stack.InApp, stack.NotInApp)
	}
	return tx.SendBatch(ctx, batch).Close()
}

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

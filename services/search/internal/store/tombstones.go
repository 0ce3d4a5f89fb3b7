package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

const selectTombstones = `
SELECT t.project_id, t.id, t.group_id, t.title, t.culprit, t.level, t.actor, t.created_at
FROM tombstones t
WHERE t.project_id = ANY($1) AND ($2::timestamptz IS NULL OR (t.created_at, t.project_id, t.id) < ($2, $3::bigint, $4::bigint))
ORDER BY t.created_at DESC, t.project_id DESC, t.id DESC
LIMIT $5`

// Tombstones lists tombstones of projects, newest first, below a position; nil for the first page.
func (s *Store) Tombstones(ctx context.Context, projectIDs []int64, below *search.TombstonePosition, limit int) (found []search.Tombstone, err error) {
	var at *time.Time
	var from search.TombstonePosition
	if below != nil {
		from = *below
		t := time.UnixMicro(from.Micros)
		at = &t
	}
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		st := statement{selectTombstones, []any{projectIDs, at, from.ProjectID, from.ID, limit}}
		found, err = collect(ctx, tx, st, pgx.RowToStructByPos[search.Tombstone])
		return err
	})
	return found, err
}

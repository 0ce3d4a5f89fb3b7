package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// The events of an issue are read from the newest back for each hash; of a hash without any, all.
const selectHashes = `
SELECT hash, event_id, seen_time FROM (
    SELECT h.hash, latest.event_id, latest.seen_time, coalesce(latest.seen_time, 'epoch') AS place
    FROM group_hashes h
    LEFT JOIN LATERAL (
        SELECT e.event_id, e.seen_time FROM event_hashes e
        WHERE e.project_id = h.project_id AND e.group_id = h.group_id AND e.hash = h.hash
        ORDER BY e.seen_time DESC, e.kind DESC, e.item_id DESC LIMIT 1
    ) latest ON TRUE
    WHERE h.project_id = $1 AND h.group_id = $2
) of_issue
WHERE $3::timestamptz IS NULL OR (place, hash) < ($3, $4::bytea)
ORDER BY place DESC, hash DESC
LIMIT $5`

// Hashes lists up to limit hashes of an issue, which must exist, latest first, after one; nil for the first.
func (s *Store) Hashes(ctx context.Context, scope search.Scope, issueID int64, after *search.HashPosition, limit int) (hashes []search.Hash, err error) {
	var at *time.Time
	var hash []byte
	if after != nil {
		t := time.UnixMicro(after.Micros)
		at, hash = &t, after.Hash
	}
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		scope, id, err := narrowTo(ctx, tx, scope, issueID)
		if err != nil {
			return err
		}
		st := statement{selectHashes, []any{scope.Projects[0].ID, id, at, hash, limit}}
		hashes, err = collect(ctx, tx, st, pgx.RowToStructByPos[search.Hash])
		return err
	})
	return hashes, err
}

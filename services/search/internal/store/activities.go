package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// That the issue was first seen is kept with the issue: it comes before all activities.
const selectActivities = `
SELECT id, type, actor, details, created_at FROM activities
WHERE project_id = $1 AND group_id = $2 AND (created_at, id) < ($3, $4)
UNION ALL
SELECT 0, 0, '', '{}', first_seen FROM issues
WHERE project_id = $1 AND id = $2 AND (first_seen, 0) < ($3, $4)
ORDER BY created_at DESC, id DESC
LIMIT $5`

// Activities reads up to limit activities of an issue, newest first, that come after a time and another's id.
func (s *Store) Activities(ctx context.Context, scope search.Scope, issueID int64, at time.Time, after int64, limit int) (activities []search.Activity, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		scope, id, err := narrowTo(ctx, tx, scope, issueID)
		if err != nil {
			return err
		}
		st := statement{selectActivities, []any{scope.Projects[0].ID, id, at, after, limit}}
		activities, err = collect(ctx, tx, st, pgx.RowToStructByPos[search.Activity])
		return err
	})
	return activities, err
}

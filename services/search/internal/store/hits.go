package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// An event may be in several issues.
const selectEventHits = `
SELECT g.project_id, g.id, 0::float8
FROM (SELECT DISTINCT project_id, group_id FROM events WHERE project_id = ANY($1) AND event_id = $2) e
JOIN issues g ON g.project_id = e.project_id AND g.id = e.group_id
WHERE g.status NOT IN (3, 4, 5)
ORDER BY g.last_seen DESC, g.id DESC
LIMIT $3`

// EventHits gives the issues that an event is in, described as a page wants them.
func (s *Store) EventHits(ctx context.Context, q search.Query, p Page, eventID [16]byte) ([]search.Row, error) {
	return s.hits(ctx, q, p, statement{selectEventHits, []any{q.Scope.ProjectIDs(), eventID, p.Size}})
}

// A merged issue is found as the one that it went into.
const selectShortIDHits = `
SELECT g.project_id, g.id, 0::float8
FROM issues g
WHERE g.project_id = $1 AND g.status NOT IN (3, 4, 5)
  AND (g.short_id = $2 OR g.id = (SELECT r.leads_to FROM issue_redirects r WHERE r.project_id = $1 AND r.short_id = $2))`

// ShortIDHits gives the issue that has a number in a project, described as a page wants it.
func (s *Store) ShortIDHits(ctx context.Context, q search.Query, p Page, projectID, number int64) ([]search.Row, error) {
	return s.hits(ctx, q, p, statement{selectShortIDHits, []any{projectID, number}})
}

func (s *Store) hits(ctx context.Context, q search.Query, p Page, st statement) (rows []search.Row, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) error {
		list, err := collect(ctx, tx, st, scanFound)
		if err != nil {
			return err
		}
		rows = rowsOf(list)
		return describe(ctx, tx, q, p, rows, false)
	})
	return rows, err
}

package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

const selectTraceCounts = `
SELECT replace(trace_id::text, '-', ''), count(*) FILTER (WHERE kind = 2), count(*) FILTER (WHERE kind = 1)
FROM events
WHERE project_id = ANY($1) AND trace_id IS NOT NULL AND trace_id = ANY($2::uuid[])
GROUP BY trace_id`

// TraceCounts counts error events and occurrences by trace (32 hexadecimal digits). A trace without any is absent.
func (s *Store) TraceCounts(ctx context.Context, projectIDs []int64, traceIDs []string) (map[string]search.TraceCount, error) {
	counts := map[string]search.TraceCount{}
	err := s.inSnapshot(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectTraceCounts, projectIDs, traceIDs)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[search.TraceCount])
		for _, count := range found {
			counts[count.TraceID] = count
		}
		return err
	})
	return counts, err
}

// The latest event of each issue in each span. The limit bounds what one trace with a flood of errors costs.
const selectTraceIssues = `
SELECT project_id, id, short_id, title, event_id, span_id
FROM (
    SELECT DISTINCT ON (g.project_id, g.id, e.span_id)
           g.project_id, g.id, g.short_id, g.title, e.event_id, e.span_id, e.seen_time
    FROM events e
    JOIN issues g ON g.project_id = e.project_id AND g.id = e.group_id
    WHERE e.project_id = ANY($1) AND e.trace_id IS NOT NULL AND e.trace_id = $2::uuid AND g.status NOT IN (3, 4, 5)
    ORDER BY g.project_id, g.id, e.span_id, e.seen_time DESC, e.item_id DESC
) latest
ORDER BY seen_time DESC, id DESC
LIMIT 10000`

// TraceIssues lists the issues that have events in a trace.
func (s *Store) TraceIssues(ctx context.Context, projectIDs []int64, traceID string) ([]search.TraceIssue, error) {
	var found []search.TraceIssue
	err := s.inSnapshot(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectTraceIssues, projectIDs, traceID)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[search.TraceIssue])
		return err
	})
	return found, err
}

package store

import (
	"context"
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// OutcomeCount counts the items received in one minute with one outcome.
type OutcomeCount struct {
	Minute  time.Time
	Outcome issue.Outcome
	Count   int64
}

const selectOutcomes = `
SELECT minute, outcome, count FROM outcome_counts
WHERE project_id = $1 AND minute >= $2 AND minute < $3 ORDER BY minute, outcome`

// Outcomes counts the judged items of a project by minute of receipt.
func (s *Store) Outcomes(ctx context.Context, projectID int64, start, end time.Time) ([]OutcomeCount, error) {
	return collect[OutcomeCount](ctx, s, selectOutcomes, projectID, start, end)
}

const deleteOutcomes = `
DELETE FROM outcome_counts WHERE project_id = $1 AND (minute, outcome) IN (
    SELECT minute, outcome FROM outcome_counts WHERE project_id = $1 AND minute < $2 ORDER BY minute, outcome LIMIT $3)`

// ForgetOutcomes removes up to limit counts of items that were received before a time, and says how many.
func (s *Store) ForgetOutcomes(ctx context.Context, projectID int64, before time.Time, limit int) (int64, error) {
	tag, err := s.pool.Exec(ctx, deleteOutcomes, projectID, before, limit)
	return tag.RowsAffected(), translate(err)
}

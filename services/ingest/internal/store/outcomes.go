package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// Drop is an item that a door dropped.
type Drop struct {
	Key
	Outcome  issue.Outcome
	Received time.Time
}

// An item that was dropped before stays as it was: a redelivery is not counted.
const putDrops = `
INSERT INTO door_drops (project_id, kind, item_id, item_time, received_at, outcome)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::smallint[])
ON CONFLICT DO NOTHING`

// earliest is a time that PostgreSQL holds; messages may name earlier ones.
var earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

// PutDrops stores durably what was dropped. It may reorder the slice.
func (s *Store) PutDrops(ctx context.Context, drops []Drop) error {
	for i := range drops {
		if drops[i].ItemTime.Before(earliest) {
			drops[i].ItemTime = earliest
		}
	}
	slices.SortFunc(drops, func(a, b Drop) int { return a.compare(b.Key) }) // as payloads
	columns := newKeyColumns(len(drops))
	received := make([]time.Time, len(drops))
	outcomes := make([]int16, len(drops))
	for i, d := range drops {
		columns.set(i, d.Key)
		received[i], outcomes[i] = d.Received, int16(d.Outcome)
	}
	_, err := s.pool.Exec(ctx, putDrops, columns.projects, columns.kinds, columns.items, columns.times, received, outcomes)
	return translate(err)
}

// Rejection is an item that its sender was told not to send again.
type Rejection struct {
	ProjectID int64
	Received  time.Time
	Reason    string
}

const countRejections = `
INSERT INTO rejected_counts (project_id, minute, reason, count)
SELECT project_id, date_trunc('minute', received_at, 'UTC'), reason, count(*)
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[]) AS rejected (project_id, received_at, reason)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (project_id, minute, reason) DO UPDATE SET count = rejected_counts.count + excluded.count`

// CountRejections counts rejections durably.
func (s *Store) CountRejections(ctx context.Context, rejections []Rejection) error {
	projects := make([]int64, len(rejections))
	received := make([]time.Time, len(rejections))
	reasons := make([]string, len(rejections))
	for i, r := range rejections {
		projects[i], received[i], reasons[i] = r.ProjectID, r.Received, r.Reason
	}
	_, err := s.pool.Exec(ctx, countRejections, projects, received, reasons)
	return translate(err)
}

// OutcomeCounts are the counts that ingest keeps of one project: grouping has those of judged items.
type OutcomeCounts struct {
	Drops       []DropCount
	Rejections  []RejectionCount
	DeadLetters []DeadLetterCount
}

// DropCount counts the items that the doors dropped.
type DropCount struct {
	Minute  time.Time
	Outcome issue.Outcome
	Count   int64
}

// RejectionCount counts the items that were refused for good.
type RejectionCount struct {
	Minute time.Time
	Reason string
	Count  int64
}

// DeadLetterCount counts the dead letters that are there.
type DeadLetterCount struct {
	Minute time.Time
	Reason ingest.DeadLetterReason
	Count  int64
}

const dropCounts = `
SELECT date_trunc('minute', received_at, 'UTC') AS minute, outcome, count(*) FROM door_drops
WHERE project_id = $1 AND received_at >= $2 AND received_at < $3 GROUP BY 1, 2`

const rejectionCounts = `
SELECT minute, reason, count FROM rejected_counts WHERE project_id = $1 AND minute >= $2 AND minute < $3`

const deadLetterCounts = `
SELECT date_trunc('minute', received_at, 'UTC') AS minute, reason, count(*) FROM dead_letters
WHERE project_id = $1 AND received_at >= $2 AND received_at < $3 GROUP BY 1, 2`

// Outcomes counts what was received from one whole minute to another.
func (s *Store) Outcomes(ctx context.Context, projectID int64, start, end time.Time) (OutcomeCounts, error) {
	var counts OutcomeCounts
	var err1, err2, err3 error
	counts.Drops, err1 = countRows[DropCount](ctx, s, dropCounts, projectID, start, end)
	counts.Rejections, err2 = countRows[RejectionCount](ctx, s, rejectionCounts, projectID, start, end)
	counts.DeadLetters, err3 = countRows[DeadLetterCount](ctx, s, deadLetterCounts, projectID, start, end)
	return counts, translate(cmp.Or(err1, err2, err3))
}

func countRows[Row any](ctx context.Context, s *Store, query string, args ...any) ([]Row, error) {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Row])
}

package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// DeadLetter is a Kafka record that could not be processed.
type DeadLetter struct {
	DeadLetterKey
	Reason   ingest.DeadLetterReason
	Detail   string
	Key      []byte
	Value    []byte
	Received time.Time
	RetryAt  time.Time // zero: it waits for somebody to replay or discard it
}

// DeadLetterKey names the record.
type DeadLetterKey struct {
	ProjectID int64 // 0: could not be told
	Topic     string
	Partition int32
	Offset    int64
}

// A record that is delivered again finds its row and adds none.
const putDeadLetter = `
INSERT INTO dead_letters (project_id, topic, partition, record_offset, reason, detail, record_key, record_value,
                          received_at, retry_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING`

// PutDeadLetters stores dead letters durably.
func (s *Store) PutDeadLetters(ctx context.Context, letters []DeadLetter) error {
	batch := &pgx.Batch{} // one implicit transaction
	for _, l := range letters {
		var retryAt *time.Time
		if !l.RetryAt.IsZero() {
			retryAt = &l.RetryAt
		}
		batch.Queue(putDeadLetter, l.ProjectID, l.Topic, l.Partition, l.Offset, l.Reason, ingest.Clean(l.Detail, maxDetail),
			l.Key, l.Value, l.Received, retryAt)
	}
	return translate(s.pool.SendBatch(ctx, batch).Close())
}

const maxDetail = 1000

// DeadLetterFilter selects dead letters; what is nil or zero selects all.
type DeadLetterFilter struct {
	ProjectID      *int64
	Reason         ingest.DeadLetterReason
	ReceivedAfter  *time.Time
	ReceivedBefore *time.Time
}

// DeadLetterPosition is a place in the list of dead letters.
type DeadLetterPosition struct {
	Received  time.Time
	ProjectID int64
	Topic     string
	Partition int32
	Offset    int64
}

// Position is the place of a dead letter in the list.
func (l DeadLetter) Position() DeadLetterPosition {
	return DeadLetterPosition{l.Received, l.ProjectID, l.Topic, l.Partition, l.Offset}
}

// Key names the dead letter at the place.
func (p DeadLetterPosition) Key() DeadLetterKey {
	return DeadLetterKey{p.ProjectID, p.Topic, p.Partition, p.Offset}
}

const listDeadLetters = `
SELECT project_id, topic, partition, record_offset, reason, detail, record_key, record_value, received_at, retry_at
FROM dead_letters
WHERE ($1::bigint IS NULL OR project_id = $1)
  AND ($2::smallint = 0 OR reason = $2)
  AND ($3::timestamptz IS NULL OR received_at >= $3)
  AND ($4::timestamptz IS NULL OR received_at < $4)
  AND ($5::timestamptz IS NULL OR (received_at, project_id, topic, partition, record_offset) < ($5, $6, $7, $8, $9))
ORDER BY received_at DESC, project_id DESC, topic DESC, partition DESC, record_offset DESC
LIMIT $10`

// DeadLetters lists dead letters, newest first, after a position or from the beginning.
func (s *Store) DeadLetters(ctx context.Context, f DeadLetterFilter, after *DeadLetterPosition, limit int) ([]DeadLetter, error) {
	var p DeadLetterPosition
	var start *time.Time
	if after != nil {
		p, start = *after, &after.Received
	}
	rows, err := s.pool.Query(ctx, listDeadLetters, f.ProjectID, f.Reason, f.ReceivedAfter, f.ReceivedBefore,
		start, p.ProjectID, p.Topic, p.Partition, p.Offset, limit)
	if err != nil {
		return nil, translate(err)
	}
	letters, err := pgx.CollectRows(rows, scanDeadLetter)
	return letters, translate(err)
}

func scanDeadLetter(row pgx.CollectableRow) (DeadLetter, error) {
	var l DeadLetter
	var retryAt *time.Time
	err := row.Scan(&l.ProjectID, &l.Topic, &l.Partition, &l.Offset, &l.Reason, &l.Detail, &l.Key, &l.Value, &l.Received, &retryAt)
	if retryAt != nil {
		l.RetryAt = *retryAt
	}
	return l, err
}

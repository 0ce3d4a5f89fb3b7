package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
)

// One process forwards at a time: others would only send the same again.
const lockForwarding = `SELECT pg_try_advisory_xact_lock(7202171302)`

const unforwardedDeadLetters = `
SELECT project_id, topic, partition, record_offset, reason, detail, record_key, record_value, received_at, retry_at,
       header_keys, header_values
FROM dead_letters
WHERE forwarded_at IS NULL AND retry_at IS NULL
ORDER BY received_at, topic, partition, record_offset
LIMIT $1`

const markForwarded = `
UPDATE dead_letters SET forwarded_at = $5
WHERE project_id = $1 AND topic = $2 AND partition = $3 AND record_offset = $4`

// ForwardDeadLetters has send send dead letters that were not sent before, oldest first, and marks those that it says
// are sent. It gives how many these are. If the process dies between sending and marking, they are sent again.
func (s *Store) ForwardDeadLetters(ctx context.Context, limit int, now time.Time, send func([]DeadLetter) ([]DeadLetterKey, error)) (int, error) {
	var sent []DeadLetterKey
	var sendErr error
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		letters, err := claimUnforwarded(ctx, tx, limit)
		if err != nil || len(letters) == 0 {
			return err
		}
		sent, sendErr = send(letters)
		batch := &pgx.Batch{}
		for _, k := range sent {
			batch.Queue(markForwarded, k.ProjectID, k.Topic, k.Partition, k.Offset, now)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return 0, translate(err)
	}
	return len(sent), sendErr
}

func claimUnforwarded(ctx context.Context, tx pgx.Tx, limit int) ([]DeadLetter, error) {
	var mine bool
	if err := tx.QueryRow(ctx, lockForwarding).Scan(&mine); err != nil || !mine {
		return nil, err
	}
	rows, err := tx.Query(ctx, unforwardedDeadLetters, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanDeadLetter)
}

package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

const deadLetterColumns = `d.project_id, d.topic, d.partition, d.record_offset, d.reason, d.detail, d.record_key, d.record_value,
d.received_at, d.retry_at`

const wantedLetters = `unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[]) AS wanted (project_id, topic, partition, record_offset)`

const isWanted = `d.project_id = wanted.project_id AND d.topic = wanted.topic AND d.partition = wanted.partition
AND d.record_offset = wanted.record_offset`

const getDeadLetters = `SELECT ` + deadLetterColumns + ` FROM ` + wantedLetters + ` JOIN dead_letters d ON ` + isWanted + `
ORDER BY d.topic, d.partition, d.record_offset, d.project_id`

// DeadLettersByKey gives those of the named letters that are there, in the order of their records.
func (s *Store) DeadLettersByKey(ctx context.Context, keys []DeadLetterKey) ([]DeadLetter, error) {
	c := letterColumns(keys)
	rows, err := s.pool.Query(ctx, getDeadLetters, c.projects, c.topics, c.partitions, c.offsets)
	if err != nil {
		return nil, translate(err)
	}
	letters, err := pgx.CollectRows(rows, scanDeadLetter)
	return letters, translate(err)
}

// Oldest first, so that the records of a key are replayed in their order as far as they are dead.
const nextDeadLetters = `FROM dead_letters d
WHERE ($1::bigint IS NULL OR project_id = $1)
  AND ($2::smallint = 0 OR reason = $2)
  AND ($3::timestamptz IS NULL OR received_at >= $3)
  AND ($4::timestamptz IS NULL OR received_at < $4)
  AND (received_at, project_id, topic, partition, record_offset) > ($5, $6, $7, $8, $9)
ORDER BY received_at, project_id, topic, partition, record_offset
LIMIT $10`

// NextDeadLetters lists dead letters, oldest first, after a position. The zero position comes before all.
func (s *Store) NextDeadLetters(ctx context.Context, f DeadLetterFilter, after DeadLetterPosition, limit int) ([]DeadLetter, error) {
	return nextRows(ctx, s, `SELECT `+deadLetterColumns+` `+nextDeadLetters, f, after, limit, scanDeadLetter)
}

// NextDeadLetterPositions is NextDeadLetters without the records.
func (s *Store) NextDeadLetterPositions(ctx context.Context, f DeadLetterFilter, after DeadLetterPosition, limit int) ([]DeadLetterPosition, error) {
	return nextRows(ctx, s, `SELECT received_at, project_id, topic, partition, record_offset `+nextDeadLetters, f, after, limit,
		pgx.RowToStructByPos[DeadLetterPosition])
}

func nextRows[Row any](ctx context.Context, s *Store, query string, f DeadLetterFilter, after DeadLetterPosition, limit int, scan pgx.RowToFunc[Row]) ([]Row, error) {
	rows, err := s.pool.Query(ctx, query, f.ProjectID, f.Reason, f.ReceivedAfter, f.ReceivedBefore,
		after.Received, after.ProjectID, after.Topic, after.Partition, after.Offset, limit)
	if err != nil {
		return nil, translate(err)
	}
	found, err := pgx.CollectRows(rows, scan)
	return found, translate(err)
}

const removeDeadLetters = `DELETE FROM dead_letters d USING ` + wantedLetters + ` WHERE ` + isWanted

// RemoveDeadLetters removes letters whose records have been judged. It gives how many were still there, so that of
// two who replay the same letter one has replayed it.
func (s *Store) RemoveDeadLetters(ctx context.Context, keys []DeadLetterKey) (int64, error) {
	c := letterColumns(keys)
	tag, err := s.pool.Exec(ctx, removeDeadLetters, c.projects, c.topics, c.partitions, c.offsets)
	return tag.RowsAffected(), translate(err)
}

const reasonDiscarded = "DEAD_LETTER_DISCARDED"

// What is given up stays counted among what was received.
const discardDeadLetters = `
WITH gone AS (DELETE FROM dead_letters d USING ` + wantedLetters + ` WHERE ` + isWanted + ` RETURNING d.project_id, d.received_at),
counted AS (
    INSERT INTO rejected_counts (project_id, minute, reason, count)
    SELECT project_id, date_trunc('minute', received_at, 'UTC'), '` + reasonDiscarded + `', count(*) FROM gone
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (project_id, minute, reason) DO UPDATE SET count = rejected_counts.count + excluded.count
)
SELECT count(*) FROM gone`

// DiscardDeadLetters removes letters for good and gives how many were there.
func (s *Store) DiscardDeadLetters(ctx context.Context, keys []DeadLetterKey) (int64, error) {
	c := letterColumns(keys)
	var n int64
	err := s.pool.QueryRow(ctx, discardDeadLetters, c.projects, c.topics, c.partitions, c.offsets).Scan(&n)
	return n, translate(err)
}

// A letter that waits for its event keeps its time to retry; one that failed otherwise waits for people.
const refuseDeadLetter = `
UPDATE dead_letters SET reason = $5, detail = $6, retry_at = CASE WHEN $7 THEN retry_at END
WHERE project_id = $1 AND topic = $2 AND partition = $3 AND record_offset = $4`

// RefuseDeadLetters stores why letters failed again. Of those with a reason to wait, retry times stay.
func (s *Store) RefuseDeadLetters(ctx context.Context, letters []DeadLetter, waits func(DeadLetter) bool) error {
	batch := &pgx.Batch{}
	for _, l := range letters {
		batch.Queue(refuseDeadLetter, l.ProjectID, l.Topic, l.Partition, l.Offset, l.Reason, ingest.Clean(l.Detail, maxDetail), waits(l))
	}
	return translate(s.pool.SendBatch(ctx, batch).Close())
}

const dueLetters = `
SELECT project_id, topic, partition, record_offset, received_at, retry_at FROM dead_letters
WHERE retry_at <= $1 ORDER BY retry_at, project_id, topic, partition, record_offset LIMIT $2`

const claimLetters = `
UPDATE dead_letters d SET retry_at = wanted.next_at
FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
     AS wanted (project_id, topic, partition, record_offset, retry_at, next_at)
WHERE ` + isWanted + ` AND d.retry_at = wanted.retry_at
RETURNING ` + deadLetterColumns

// ClaimDueLetters takes letters whose time to retry has come, by moving that time: of two replicas that see a letter
// due, the second finds it moved. A claim that comes to nothing because its process dies is taken up at the next time.
func (s *Store) ClaimDueLetters(ctx context.Context, now time.Time, limit int) ([]DeadLetter, error) {
	var claimed []DeadLetter
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		due, next, retryAt, err := readDue(ctx, tx, now, limit)
		if err != nil || len(due) == 0 {
			return err
		}
		c := letterColumns(due)
		rows, err := tx.Query(ctx, claimLetters, c.projects, c.topics, c.partitions, c.offsets, retryAt, next)
		if err != nil {
			return err
		}
		claimed, err = pgx.CollectRows(rows, scanDeadLetter)
		return err
	})
	slices.SortFunc(claimed, func(a, b DeadLetter) int { return a.Received.Compare(b.Received) })
	return claimed, translate(err)
}

func readDue(ctx context.Context, tx pgx.Tx, now time.Time, limit int) (keys []DeadLetterKey, next, retryAt []time.Time, err error) {
	type dueLetter struct {
		DeadLetterKey
		Received, Due time.Time
	}
	rows, err := tx.Query(ctx, dueLetters, now, limit)
	if err != nil {
		return nil, nil, nil, err
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByPos[dueLetter])
	for _, l := range letters {
		keys, retryAt, next = append(keys, l.DeadLetterKey), append(retryAt, l.Due), append(next, ingest.NextTry(l.Received, now))
	}
	return keys, next, retryAt, err
}

type letterKeyColumns struct {
	projects   []int64
	topics     []string
	partitions []int32
	offsets    []int64
}

func letterColumns(keys []DeadLetterKey) letterKeyColumns {
	var c letterKeyColumns
	for _, key := range keys {
		c.projects, c.topics = append(c.projects, key.ProjectID), append(c.topics, key.Topic)
		c.partitions, c.offsets = append(c.partitions, key.Partition), append(c.offsets, key.Offset)
	}
	return c
}

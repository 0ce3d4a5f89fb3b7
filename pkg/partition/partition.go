// Package partition makes and drops the partitions of tables that are partitioned by time. Retention is a dropped
// partition, which gives its bytes back at once.
package partition

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/postgres"
)

// Step is the time that one partition covers: a week, from Monday to Monday in UTC. A search over the whole
// retention time opens some 14 partitions, and retention is kept to a week.
const Step = 7 * 24 * time.Hour

const (
	ahead    = 24*time.Hour + Step // an item may be a day ahead of its receipt
	interval = time.Hour
)

// ErrBelowFloor says that the partition for a time was dropped, and is not made again.
var ErrBelowFloor = errors.New("the time is below the retention floor")

// Keeper keeps the partitions of some tables of one schema. Any number of processes may run keepers of the same
// tables.
type Keeper struct {
	pool      *pgxpool.Pool
	schema    string
	tables    []string
	retention time.Duration
	now       func() time.Time

	mu    sync.Mutex
	known map[time.Time]bool // starts whose partitions exist in every table
}

// NewKeeper makes a keeper. The schema has a table partition_floors (table_name text primary key, floor
// timestamptz), and the role of the pool owns the tables.
func NewKeeper(pool *pgxpool.Pool, schema string, tables []string, retention time.Duration, now func() time.Time) *Keeper {
	return &Keeper{pool: pool, schema: schema, tables: tables, retention: retention, now: now, known: map[time.Time]bool{}}
}

// Run makes partitions ahead of time and drops those past retention, at once and then every hour, until ctx ends.
// A failure is left to the next hour: rows for a missing partition make it on demand.
func (k *Keeper) Run(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := k.Keep(ctx); err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Keep makes the partitions that will soon be needed and drops those past retention.
func (k *Keeper) Keep(ctx context.Context) error {
	now := k.now()
	for t := now.Add(-Step); t.Before(now.Add(ahead + Step)); t = t.Add(Step) {
		if err := k.Ensure(ctx, t); err != nil && !errors.Is(err, ErrBelowFloor) {
			return err
		}
	}
	return k.drop(ctx, now.Add(-k.retention-24*time.Hour))
}

// Ensure makes the partitions that hold the given times, outside any transaction of the caller. It costs nothing
// when they are known to exist.
func (k *Keeper) Ensure(ctx context.Context, times ...time.Time) error {
	for _, t := range times {
		start := t.UTC().Truncate(Step)
		if k.isKnown(start) {
			continue
		}
		for _, table := range k.tables {
			if err := k.create(ctx, table, start); err != nil {
				return fmt.Errorf("partition of %s.%s for %s: %w", k.schema, table, start.Format(time.DateOnly), err)
			}
		}
		k.mu.Lock()
		k.known[start] = true
		k.mu.Unlock()
	}
	return nil
}

// Forget makes the keeper look again. Call it when the database says that a partition is missing.
func (k *Keeper) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.known)
}

func (k *Keeper) forgetBelow(floor time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.DeleteFunc(k.known, func(start time.Time, _ bool) bool { return start.Before(floor) })
}

func (k *Keeper) isKnown(start time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[start]
}

// create attaches a new table rather than creating a partition in place: attaching blocks no reader or writer of
// the parent.
func (k *Keeper) create(ctx context.Context, table string, start time.Time) error {
	parent := pgx.Identifier{k.schema, table}.Sanitize()
	child := pgx.Identifier{k.schema, childName(table, start)}.Sanitize()
	return postgres.InTx(ctx, k.pool, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, parent); err != nil {
			return err
		}
		var exists, dropped bool
		const look = `SELECT to_regclass($1) IS NOT NULL, EXISTS (
			SELECT FROM partition_floors WHERE table_name = $2 AND floor > $3)`
		if err := tx.QueryRow(ctx, look, child, table, start).Scan(&exists, &dropped); err != nil {
			return err
		}
		if dropped {
			return ErrBelowFloor
		}
		if exists {
			return nil
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TABLE %s (LIKE %s INCLUDING ALL)`, child, parent)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')`,
			parent, child, start.Format(time.RFC3339), start.Add(Step).Format(time.RFC3339)))
		return err
	})
}

// drop removes the partitions that end at or before the horizon. The floor is raised in the same transaction, so
// that a late item cannot bring a partition back.
func (k *Keeper) drop(ctx context.Context, horizon time.Time) error {
	floor := horizon.UTC().Truncate(Step)
	defer k.forgetBelow(floor)
	for _, table := range k.tables {
		if err := k.dropBelow(ctx, table, floor); err != nil {
			return fmt.Errorf("drop partitions of %s.%s: %w", k.schema, table, err)
		}
	}
	return nil
}

func (k *Keeper) dropBelow(ctx context.Context, table string, floor time.Time) error {
	parent := pgx.Identifier{k.schema, table}.Sanitize()
	return postgres.InTx(ctx, k.pool, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, parent); err != nil {
			return err
		}
		const children = `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = $1::regclass AND starts_with(c.relname, $2) AND c.relname < $3 ORDER BY c.relname`
		rows, err := tx.Query(ctx, children, parent, table+infix, childName(table, floor))
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(names) == 0 {
			return err
		}
		const raise = `INSERT INTO partition_floors (table_name, floor) VALUES ($1, $2)
			ON CONFLICT (table_name) DO UPDATE SET floor = greatest(partition_floors.floor, excluded.floor)`
		if _, err := tx.Exec(ctx, raise, table, floor); err != nil {
			return err
		}
		// Dropping waits for whoever reads the table, and everybody else would wait behind it: rather try again in
		// an hour.
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '2s'`); err != nil {
			return err
		}
		for _, name := range names {
			if _, err := tx.Exec(ctx, `DROP TABLE `+(pgx.Identifier{k.schema, name}).Sanitize()); err != nil {
				return err
			}
		}
		return nil
	})
}

func lock(ctx context.Context, tx pgx.Tx, parent string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('partition ' || $1, 0))`, parent)
	return err
}

// infix tells the keeper's partitions from others, such as a default one, which it leaves alone.
const infix = "_p"

// childName sorts like its start.
func childName(table string, start time.Time) string {
	return table + infix + start.Format("20060102")
}

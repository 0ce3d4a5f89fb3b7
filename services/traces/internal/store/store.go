// Package store keeps spans in Postgres. It holds all SQL of the traces service.
package store

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
)

// Tables are those that a partition.Keeper must keep.
var Tables = []string{"span_blocks"}

// Store reads and writes spans.
type Store struct {
	pool       *pgxpool.Pool
	partitions *partition.Keeper
	now        func() time.Time
	fewTraces  int // see there
}

// New makes a store.
func New(pool *pgxpool.Pool, partitions *partition.Keeper, now func() time.Time) *Store {
	return &Store{pool: pool, partitions: partitions, now: now, fewTraces: fewTraces}
}

// translate says what an error of the database means for a caller.
func translate(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case postgres.IsUnavailable(err):
		return fault.TryLater(time.Second, err, "the database cannot be used now")
	case postgres.IsRetryable(err), postgres.IsLockTimeout(err):
		return fault.TryLater(100*time.Millisecond, err, "concurrent changes were in the way")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

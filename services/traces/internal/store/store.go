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

// Limits of a store.
type Limits struct {
	// SearchTime is how long one reading may take: a search that reads everything must not hold a connection for ever.
	SearchTime time.Duration
	// ErrorEvents is how many error events of a project may wait to be sent.
	ErrorEvents int
}

// DefaultLimits are those for production.
var DefaultLimits = Limits{SearchTime: 30 * time.Second, ErrorEvents: 100_000}

// Store reads and writes spans.
type Store struct {
	pool       *pgxpool.Pool
	partitions *partition.Keeper
	limits     Limits
	now        func() time.Time
	fewTraces  int // see there
}

// New makes a store.
func New(pool *pgxpool.Pool, partitions *partition.Keeper, limits Limits, now func() time.Time) *Store {
	return &Store{pool: pool, partitions: partitions, limits: limits, now: now, fewTraces: fewTraces}
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

// Package store keeps spans in Postgres. It holds all SQL of the traces service.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
)

// Tables are those that a partition.Keeper must keep.
var Tables = []string{"spans"}

// Store reads and writes spans.
type Store struct {
	pool       *pgxpool.Pool
	partitions *partition.Keeper
}

// New makes a store.
func New(pool *pgxpool.Pool, partitions *partition.Keeper) *Store {
	return &Store{pool: pool, partitions: partitions}
}

// collect runs a query and reads its rows.
func collect[T any](ctx context.Context, s *Store, doing, text string, args []any, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := s.pool.Query(ctx, text, args...)
	if err != nil {
		return nil, translate(doing, err)
	}
	all, err := pgx.CollectRows(rows, scan)
	return all, translate(doing, err)
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

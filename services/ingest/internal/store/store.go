// Package store keeps what came in: payloads and dead letters. It holds all SQL of the ingest service.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/ingest/migrations"
)

const retryAfter = time.Second

// ErrBadRow says that some row of a write cannot be stored, and which one is not known: without it the others can.
var ErrBadRow = errors.New("a row cannot be stored")

// ErrTooOld says that some row of a write belongs to a time whose rows have been given up.
var ErrTooOld = errors.New("a row is older than what is kept")

// Store is the ingest service's part of the database.
type Store struct {
	pool   *pgxpool.Pool
	keeper *partition.Keeper

	retention time.Duration
	now       func() time.Time
}

// New makes a store on the pool of the role that owns the schema.
func New(pool *pgxpool.Pool, retention time.Duration, now func() time.Time) *Store {
	// In this order no payload is ever without the partition of its block, but for one that is just made, and then it is made again.
	keeper := partition.NewKeeper(pool, migrations.Schema, []string{"payloads", "payload_blocks"}, retention, now)
	return &Store{pool: pool, keeper: keeper, retention: retention, now: now}
}

// KeepPartitions makes partitions ahead of time and drops those past retention, until ctx ends.
func (s *Store) KeepPartitions(ctx context.Context, onError func(error)) error {
	return s.keeper.Run(ctx, onError)
}

// translate is the one place where errors of the database get their meaning. Whatever is not the fault of a row is
// the database's, and the same call may succeed later.
func translate(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, partition.ErrBelowFloor):
		return ErrTooOld
	case postgres.IsDataError(err):
		return errors.Join(ErrBadRow, err)
	default:
		return fault.TryLater(retryAfter, err, "the payload store does not answer")
	}
}

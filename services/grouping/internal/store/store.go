// Package store holds all SQL of the grouping service.
package store

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/migrations"
)

// retryAfter is what callers are told when the database or a lock does not answer.
const retryAfter = time.Second

// Store reads and writes the tables of the grouping service.
type Store struct {
	pool       *pgxpool.Pool
	partitions *partition.Keeper
}

// New makes a store on a pool of connections of the grouping role.
func New(pool *pgxpool.Pool, retention time.Duration, now func() time.Time) *Store {
	tables := []string{"judged_items", "event_index", "group_days"}
	return &Store{pool: pool, partitions: partition.NewKeeper(pool, migrations.Schema, tables, retention, now)}
}

// Partitions keeps the store's partitions.
func (s *Store) Partitions() *partition.Keeper { return s.partitions }

// translate turns an error of the database into what callers may know of it. An error that the data of some item may
// have caused stays as it is, for Apply's caller to find the item. Whatever else went wrong is no fault of an item, and
// the same items may be judged later: a table that is missing until its migration has run, a disk that is full.
func translate(err error) error {
	switch {
	case err == nil, fault.KindOf(err) != fault.Internal, postgres.IsDataError(err):
		return err
	case postgres.IsLockTimeout(err):
		return fault.TryLater(retryAfter, err, "the project is busy")
	default:
		return fault.TryLater(retryAfter, err, "the database cannot do it now")
	}
}

// Package store reads what searches need, from the views that the grouping service keeps for them.
package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
)

// Store reads through a role that can write nothing. Its database may be a replica, and answers are then as fresh
// as the replica is.
type Store struct{ reader *pgxpool.Pool }

// New makes a store.
func New(reader *pgxpool.Pool) *Store { return &Store{reader: reader} }

// One answer is read from one snapshot, so that its rows and counts agree. A statement that runs too long ends
// with an error instead of holding a connection. Compiling a plan takes longer than most searches.
const beginSnapshot = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '10s'; SET LOCAL jit = off`

func (s *Store) inSnapshot(ctx context.Context, read func(tx pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, s.reader, pgx.TxOptions{BeginQuery: beginSnapshot}, read)
	return translate(ctx, err)
}

// translate gives errors of the database the meaning that they have for a caller.
func translate(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case postgres.IsStatementTimeout(err):
		return &fault.Error{
			Kind: fault.Exhausted, Reason: "SEARCH_TOO_EXPENSIVE", RetryAfter: time.Minute,
			Message: "the search took longer than 10 seconds; narrow its time range, projects or query",
		}
	case postgres.IsUnavailable(err), postgres.IsRetryable(err):
		return fault.TryLater(time.Second, err, "the database of issues cannot be read")
	}
	return err
}

// Package store reads what searches need, from the views that the grouping service keeps for them.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
)

// Limits end what costs too much. The zero value of one is no limit.
type Limits struct {
	Time time.Duration // that one statement may take
	// Cost that the database may estimate of a statement that has not ended within Patience. Those that end in time
	// are never refused, however wrong the estimate.
	Cost     float64
	Patience time.Duration
}

// Store reads through a role that can write nothing. Its database may be a replica, and answers are then as fresh
// as the replica is.
type Store struct {
	reader *pgxpool.Pool
	limits Limits
	begin  string
}

// New makes a store.
func New(reader *pgxpool.Pool, limits Limits) *Store {
	return &Store{reader: reader, limits: limits, begin: fmt.Sprintf(beginSnapshot, limits.Time.Milliseconds())}
}

// One answer is read from one snapshot, so that its rows and counts agree. A statement that runs too long ends
// with an error instead of holding a connection. Compiling a plan takes longer than most searches, and helpers are worth their start
// where they read most of a window.
const beginSnapshot = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = %d; SET LOCAL jit = off; ` +
	`SET LOCAL parallel_setup_cost = 10000`

func (s *Store) inSnapshot(ctx context.Context, read func(tx pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, s.reader, pgx.TxOptions{BeginQuery: s.begin}, func(tx pgx.Tx) error {
		guarded := s.guard(ctx, tx)
		return guarded.verdict(read(guarded))
	})
	return s.translate(ctx, err)
}

func (s *Store) translate(ctx context.Context, err error) error {
	if ctx.Err() == nil && postgres.IsStatementTimeout(err) {
		return &fault.Error{
			Kind: fault.Exhausted, Reason: "SEARCH_TIMED_OUT", RetryAfter: time.Minute,
			Message: fmt.Sprintf("the search took longer than %v; narrow its time range, projects or query", s.limits.Time),
		}
	}
	return translate(ctx, err)
}

// translate gives errors of the database the meaning that they have for a caller.
func translate(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && (postgres.IsUnavailable(err) || postgres.IsRetryable(err)) {
		return fault.TryLater(time.Second, err, "the database cannot be reached")
	}
	return err
}

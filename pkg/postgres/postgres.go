// Package postgres opens pools, runs migrations and names the errors of PostgreSQL that Picket's stores act on.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
)

// Open makes a pool of connections. It does not wait for the database to be there: a service starts, reports what
// it can do, and recovers when the database comes.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	cfg.ConnConfig.Tracer = otelpgx.NewTracer()
	cfg.MaxConnLifetimeJitter = 5 * time.Minute
	cfg.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap()) // or each is written as text, which fails, and parsed again
		return nil
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// Error codes of PostgreSQL (its appendix A) that stores act on.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	checkViolation       = "23514"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014"
	limitExceeded        = "54000" // of a value that an index or a type cannot hold
)

// IsUniqueViolation tells whether err is a conflict on the named unique constraint or index.
func IsUniqueViolation(err error, constraint string) bool {
	pgErr, ok := asPgError(err)
	return ok && pgErr.Code == uniqueViolation && pgErr.ConstraintName == constraint
}

// IsUniqueViolationIn tells whether err is a conflict on any unique constraint of the named table. Of a partitioned
// table the database names the partition and the partition's own index.
func IsUniqueViolationIn(err error, table string) bool {
	pgErr, ok := asPgError(err)
	return ok && pgErr.Code == uniqueViolation && (pgErr.TableName == table || strings.HasPrefix(pgErr.TableName, table+"_p"))
}

// IsForeignKeyViolation tells whether err is a reference to a row that does not exist.
func IsForeignKeyViolation(err error) bool { return hasCode(err, foreignKeyViolation) }

// IsMissingPartition tells whether err is a row for which no partition exists.
func IsMissingPartition(err error) bool {
	pgErr, ok := asPgError(err)
	return ok && pgErr.Code == checkViolation && pgErr.ConstraintName == ""
}

// IsRetryable tells whether the same transaction may succeed when it is run again at once.
func IsRetryable(err error) bool {
	return hasCode(err, serializationFailure) || hasCode(err, deadlockDetected)
}

// IsLockTimeout tells whether err came from waiting too long for a lock.
func IsLockTimeout(err error) bool { return hasCode(err, lockNotAvailable) }

// IsStatementTimeout tells whether err came from a statement that ran too long.
func IsStatementTimeout(err error) bool { return hasCode(err, queryCanceled) }

// IsDataError tells whether err was caused by a value of some row (classes 22 and 23, and too large a value), not by
// the database's state. A missing partition is one too: ask for that first.
func IsDataError(err error) bool {
	pgErr, ok := asPgError(err)
	return ok && (pgErr.Code[:2] == "22" || pgErr.Code[:2] == "23" || pgErr.Code == limitExceeded)
}

// IsUnavailable tells whether err says that the database cannot be used now: no connection, whatever the reason, a
// connection that broke, shutting down, starting, no answer before the context's deadline.
func IsUnavailable(err error) bool {
	var connectErr *pgconn.ConnectError
	if errors.As(err, &connectErr) {
		return true
	}
	if pgErr, ok := asPgError(err); ok {
		class := pgErr.Code[:2]
		return class == "08" || class == "53" || class == "57" && pgErr.Code != queryCanceled
	}
	var netErr net.Error // which context.DeadlineExceeded is too
	return errors.As(err, &netErr) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

func hasCode(err error, code string) bool {
	pgErr, ok := asPgError(err)
	return ok && pgErr.Code == code
}

func asPgError(err error) (*pgconn.PgError, bool) {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && len(pgErr.Code) == 5 {
		return pgErr, true
	}
	return nil, false
}

// Beginner is what InTx needs of a pool or a connection.
type Beginner interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// InTx calls do inside a transaction, commits when it succeeds and rolls back when it fails.
func InTx(ctx context.Context, db Beginner, do func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, do)
}

// The statements that begin and commit the transaction of InPipeline.
const (
	Begin  = "begin"
	Commit = "commit"
)

// InPipeline is InTx for a transaction that saves the round trips of its beginning and its commit: the first batch that
// do sends begins with the statement Begin, and the last ends with Commit.
func InPipeline(ctx context.Context, pool *pgxpool.Pool, do func(conn *pgxpool.Conn) error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // closes a connection whose transaction is still open
	if err = do(conn); err != nil && conn.Conn().PgConn().TxStatus() != idle {
		_, rollbackErr := conn.Exec(ctx, "rollback")
		return errors.Join(err, rollbackErr)
	}
	if err == nil && conn.Conn().PgConn().TxStatus() != idle {
		return errors.New("a transaction was left open")
	}
	return err
}

const idle = 'I' // no transaction is open

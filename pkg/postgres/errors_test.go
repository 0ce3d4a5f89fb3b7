package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/test/testdb"
)

const tables = `
	CREATE TABLE parents (id int PRIMARY KEY);
	CREATE TABLE things (
		id int NOT NULL, at timestamptz NOT NULL, label text CHECK (label <> 'bad'), small smallint, parent int REFERENCES parents,
		PRIMARY KEY (id, at)
	) PARTITION BY RANGE (at);
	CREATE TABLE things_p20260105 PARTITION OF things FOR VALUES FROM ('2026-01-05') TO ('2026-01-12');
	CREATE INDEX ON things (label);
	INSERT INTO things (id, at) VALUES (1, '2026-01-06')`

func open(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := testdb.New(t).Pool(t, provision.Ingest)
	exec(t, pool, tables)
	return pool
}

func exec(t *testing.T, db postgres.Beginner, sql string) {
	t.Helper()
	err := postgres.InTx(t.Context(), db, func(tx pgx.Tx) error {
		_, err := tx.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// says are the predicates that hold for an error.
func says(err error) string {
	predicates := map[string]bool{
		"unique things_p20260105_pkey": postgres.IsUniqueViolation(err, "things_p20260105_pkey"),
		"unique in parents":            postgres.IsUniqueViolationIn(err, "parents"),
		"unique in things":             postgres.IsUniqueViolationIn(err, "things"),
		"foreign key":                  postgres.IsForeignKeyViolation(err),
		"missing partition":            postgres.IsMissingPartition(err),
		"retryable":                    postgres.IsRetryable(err),
		"lock timeout":                 postgres.IsLockTimeout(err),
		"statement timeout":            postgres.IsStatementTimeout(err),
		"data":                         postgres.IsDataError(err),
		"unavailable":                  postgres.IsUnavailable(err),
	}
	maps.DeleteFunc(predicates, func(_ string, holds bool) bool { return !holds })
	return strings.Join(slices.Sorted(maps.Keys(predicates)), ", ")
}

func expect(t *testing.T, err error, want string) {
	t.Helper()
	for _, err := range []error{err, fmt.Errorf("store: %w", err)} {
		if got := says(err); got != want {
			t.Errorf("%v: it is %q, want %q", err, got, want)
		}
	}
}

func TestErrorsOfStatements(t *testing.T) {
	t.Parallel()
	pool := open(t)
	const insert = `INSERT INTO things (id, at, label, parent) VALUES ($1, $2, $3, $4)`
	inside := time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)
	noise := make([]byte, 10_000) // that compression does not shrink
	for i := range noise {
		noise[i] = byte('!' + rand.IntN(90))
	}
	for name, tc := range map[string]struct {
		sql  string
		args []any
		want string
	}{
		"a key that is taken":                {insert, []any{1, inside, nil, nil}, "data, unique in things, unique things_p20260105_pkey"},
		"a key that is taken, no partitions": {`INSERT INTO parents VALUES (1), (1)`, nil, "data, unique in parents"},
		"a time without a partition":         {insert, []any{1, inside.AddDate(1, 0, 0), nil, nil}, "data, missing partition"},
		"a broken rule":                      {insert, []any{2, inside, "bad", nil}, "data"},
		"a row that refers to nothing":       {insert, []any{2, inside, nil, 404}, "data, foreign key"},
		"a missing value":                    {`INSERT INTO things (at) VALUES ('2026-01-06')`, nil, "data"},
		"text with a zero byte":              {insert, []any{2, inside, "a\x00b", nil}, "data"},
		"a number too large":                 {`UPDATE things SET small = 70000`, nil, "data"},
		"a text too long for its index":      {insert, []any{2, inside, string(noise), nil}, "data"},
		"a statement that takes too long":    {`SET LOCAL statement_timeout = '5ms'; SELECT pg_sleep(60)`, nil, "statement timeout"},
		"a table that is not there":          {`SELECT FROM nowhere`, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				if tc.args != nil {
					_, err := tx.Exec(t.Context(), tc.sql, tc.args...)
					return err
				}
				_, err := tx.Conn().PgConn().Exec(t.Context(), tc.sql).ReadAll()
				return err
			})
			if err == nil {
				t.Fatal("no error")
			}
			expect(t, err, tc.want)
		})
	}
}

func TestErrorsOfLocks(t *testing.T) {
	t.Parallel()
	pool := open(t)
	ctx := t.Context()
	exec(t, pool, `INSERT INTO parents VALUES (1), (2)`)
	begin := func() pgx.Tx {
		tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tx.Rollback(context.Background()) })
		return tx
	}
	lock := func(tx pgx.Tx, id int) error {
		_, err := tx.Exec(ctx, `UPDATE parents SET id = id WHERE id = $1`, id)
		return err
	}

	late, first := begin(), begin()
	if _, err := late.Exec(ctx, `SET LOCAL lock_timeout = '5ms'; SELECT FROM parents`); err != nil { // its snapshot
		t.Fatal(err)
	}
	if err := lock(first, 1); err != nil {
		t.Fatal(err)
	}
	waiting := begin()
	if _, err := waiting.Exec(ctx, `SET LOCAL lock_timeout = '5ms'`); err != nil {
		t.Fatal(err)
	}
	expect(t, lock(waiting, 1), "lock timeout")
	if err := first.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, lock(late, 1), "retryable")

	a, b := begin(), begin()
	if err := errors.Join(lock(a, 1), lock(b, 2)); err != nil {
		t.Fatal(err)
	}
	crossed := make(chan error, 2)
	for tx, id := range map[pgx.Tx]int{a: 2, b: 1} {
		go func() {
			err := lock(tx, id)
			if err != nil {
				tx.Rollback(ctx)
			}
			crossed <- err
		}()
	}
	expect(t, errors.Join(<-crossed, <-crossed), "retryable")
}

func TestABrokenConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	pool := open(t)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	kill := func(pid uint32) {
		if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend($1, 10000)`, pid); err != nil {
			t.Fatal(err)
		}
	}
	kill(conn.Conn().PgConn().PID())
	_, err = conn.Exec(t.Context(), `SELECT 1`)
	expect(t, err, "unavailable")
	_, err = conn.Exec(t.Context(), `SELECT 1`) // closed by now
	expect(t, err, "unavailable")

	err = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		kill(tx.Conn().PgConn().PID())
		return nil
	})
	expect(t, err, "unavailable")
}

func TestADatabaseThatCannotBeReachedIsUnavailable(t *testing.T) {
	t.Parallel()
	address := testdb.New(t).URL(provision.Ingest)
	for name, change := range map[string]func(*url.URL){
		"nobody listens":           func(u *url.URL) { u.Host, u.RawQuery = "127.0.0.1:1", "" },
		"an unknown host":          func(u *url.URL) { u.Host, u.RawQuery = "nowhere.invalid:5432", "" },
		"an unknown database":      func(u *url.URL) { u.Path = "/nowhere" },
		"a password that is wrong": func(u *url.URL) { u.User = url.UserPassword("nobody", "wrong") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			change(u)
			pool, err := postgres.Open(t.Context(), u.String())
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			expect(t, pool.Ping(t.Context()), "unavailable")
		})
	}
}

func TestWaitingTooLongIsUnavailableAndLeavingIsNot(t *testing.T) {
	t.Parallel()
	pool := open(t)
	brief, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	_, err := pool.Exec(brief, `SELECT pg_sleep(60)`)
	expect(t, err, "unavailable")

	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = pool.Exec(gone, `SELECT 1`)
	expect(t, err, "")
}

func TestInTxLeavesNothingOfWhatFailed(t *testing.T) {
	t.Parallel()
	pool := open(t)
	broken := errors.New("broken")
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO parents VALUES (1)`); err != nil {
			return err
		}
		return broken
	})
	var rows int
	if scanErr := pool.QueryRow(t.Context(), `SELECT count(*) FROM parents`).Scan(&rows); scanErr != nil {
		t.Fatal(scanErr)
	}
	if !errors.Is(err, broken) || rows != 0 {
		t.Errorf("got %v and %d rows", err, rows)
	}
}

func TestOpenRefusesWhatIsNoURL(t *testing.T) {
	t.Parallel()
	if _, err := postgres.Open(t.Context(), "postgres://user:pass word@/x"); err == nil || strings.Contains(err.Error(), "pass word") {
		t.Errorf("got %v", err)
	}
}

package store

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/storetest"
	"github.com/picket-io/picket/test/testdb"
)

func TestAStatementThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	s := New(testdb.New(t).Pool(t, provision.SearchReader), Limits{Time: time.Millisecond})
	err := s.inSnapshot(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SELECT pg_sleep(10)`)
		return err
	})
	if fault.KindOf(err) != fault.Exhausted || !strings.Contains(err.Error(), "1ms; narrow") {
		t.Errorf("got %v", err)
	}
}

// The estimate alone refuses nothing: the same statement is carried out where it ends in time.
func TestAStatementThatIsExpectedToTakeForEverIsEnded(t *testing.T) {
	t.Parallel()
	pool := testdb.New(t).Pool(t, provision.SearchReader)
	const forEver = `SELECT count(*) FROM generate_series(1, $1::int) a, generate_series(1, $1::int) b`
	costly := func(limits Limits, n int) error {
		return New(pool, limits).inSnapshot(t.Context(), func(tx pgx.Tx) error {
			_, err := collect(t.Context(), tx, statement{forEver, []any{n}}, pgx.RowTo[int64])
			return err
		})
	}
	err := costly(Limits{Cost: 10, Patience: time.Millisecond}, 1_000_000)
	if fault.KindOf(err) != fault.FailedPrecondition || !strings.Contains(err.Error(), "above the limit of 10; narrow") {
		t.Errorf("got %v", err)
	}
	if err := costly(Limits{Cost: 10, Patience: time.Hour}, 10); err != nil {
		t.Errorf("one that ends in time: %v", err)
	}
	err = costly(Limits{Cost: 1e30, Patience: time.Millisecond, Time: time.Second}, 1_000_000)
	if fault.KindOf(err) != fault.Exhausted {
		t.Errorf("one that is below the limit answers %v", err)
	}
}

// lateTx begins a statement only after the first request to end it, which ends nothing then.
type lateTx struct {
	pgx.Tx
	guarded *guarded
	clock   *pgxpool.Pool
}

func (l *lateTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	for refused := false; !refused; {
		l.guarded.mu.Lock()
		refused = l.guarded.refused != nil
		l.guarded.mu.Unlock()
		if _, err := l.clock.Exec(ctx, `SELECT pg_sleep(0.05)`); err != nil {
			return nil, err
		}
	}
	return l.Tx.Query(ctx, sql, args...) //nolint:rowserrcheck // by who asked
}

func TestAStatementThatBeginsAfterTheRequestToEndItIsEnded(t *testing.T) {
	t.Parallel()
	pool := testdb.New(t).Pool(t, provision.SearchReader)
	s := New(pool, Limits{Cost: 10, Patience: time.Millisecond, Time: time.Minute})
	err := pgx.BeginTxFunc(t.Context(), pool, pgx.TxOptions{BeginQuery: s.begin}, func(tx pgx.Tx) error {
		late := &lateTx{Tx: tx, clock: pool}
		late.guarded = s.guard(t.Context(), late)
		_, err := collect(t.Context(), late.guarded, statement{`SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b`, nil}, pgx.RowTo[int64])
		return late.guarded.verdict(err)
	})
	if fault.KindOf(err) != fault.FailedPrecondition {
		t.Errorf("got %v", err)
	}
}

// The request to end an expensive statement that has ended by then meets no other.
func TestAStatementAfterAnExpensiveOneIsNotEnded(t *testing.T) {
	t.Parallel()
	s := New(testdb.New(t).Pool(t, provision.SearchReader), Limits{Cost: 0.001, Patience: 200 * time.Millisecond, Time: time.Minute})
	for name, next := range map[string]func(tx pgx.Tx) error{
		"Exec": func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SELECT pg_sleep(1)`)
			return err
		},
		"QueryRow": func(tx pgx.Tx) error {
			var slept string
			return tx.QueryRow(t.Context(), `SELECT pg_sleep(1)::text`).Scan(&slept)
		},
	} {
		err := s.inSnapshot(t.Context(), func(tx pgx.Tx) error {
			if _, err := collect(t.Context(), tx, statement{`SELECT 1`, nil}, pgx.RowTo[int64]); err != nil {
				return err
			}
			return next(tx)
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADatabaseThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	pool := testdb.New(t).Pool(t, provision.SearchReader)
	cfg := pool.Config()
	cfg.ConnConfig.Port = 1
	gone, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gone.Close)
	if _, err := New(gone, Limits{}).Projects(t.Context(), 1); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestTrendsScores(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	seed := storetest.New(t, db)
	seed.Project(t, 1, 1, "backend")
	hours := func(ages ...float64) []float64 { return ages }
	cases := map[int64]struct {
		ages []float64
		want float64
	}{
		1: {hours(0.5), 0.0316119},
		2: {hours(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5), 0.204856},
		3: {hours(0.5, 24, 48), 0.00102970},
		4: {hours(100), 1e-6},
		5: {hours(2, 2, 2, 2, 2), 0.0134699},
	}
	for id, c := range cases {
		seed.Group(t, storetest.Group{ID: id})
		for _, age := range c.ages {
			seed.Event(t, storetest.Event{Group: id, Ago: time.Duration(age * float64(time.Hour))})
		}
	}
	q := query(t, "", search.ByTrends)
	q.Window = search.NewWindow(time.Time{}, time.Time{}, now, 90*24*time.Hour)
	result, err := New(db.Pool(t, provision.SearchReader), Limits{}).Find(t.Context(), q, Page{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Rows) != len(cases) {
		t.Fatalf("%d rows", len(result.Rows))
	}
	for _, row := range result.Rows {
		if want := cases[row.Issue.ID].want; math.Abs(row.Score-want) > want*1e-5 {
			t.Errorf("issue %d scores %g, want %g", row.Issue.ID, row.Score, want)
		}
	}
}

// Arithmetic in doubles finds the microsecond that numerics would.
func TestScoresByTimeAreExact(t *testing.T) {
	t.Parallel()
	pool := testdb.New(t).Pool(t, provision.SearchReader)
	var times, wrong int
	err := pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE `+micros("t")+` <> (extract(epoch FROM t) * 1000000)::float8)
FROM generate_series(timestamptz '1970-01-01 00:00:00.000001+00', '2090-01-01', interval '9 hours 59 minutes 59.654321 seconds') t`).Scan(&times, &wrong)
	if err != nil {
		t.Fatal(err)
	}
	if times < 100_000 || wrong > 0 {
		t.Errorf("of %d times %d are not exact", times, wrong)
	}
}

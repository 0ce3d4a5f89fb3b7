package store

import (
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

func TestAStatementThatTakesTooLongIsTooExpensive(t *testing.T) {
	t.Parallel()
	s := New(testdb.New(t).Pool(t, provision.SearchReader))
	err := s.inSnapshot(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SET LOCAL statement_timeout = '1ms'`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `SELECT pg_sleep(10)`)
		return err
	})
	if fault.KindOf(err) != fault.Exhausted || !strings.Contains(err.Error(), "narrow") {
		t.Errorf("got %v", err)
	}
}

func TestStatementsHaveATimeLimit(t *testing.T) {
	t.Parallel()
	s := New(testdb.New(t).Pool(t, provision.SearchReader))
	var limit string
	err := s.inSnapshot(t.Context(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SHOW statement_timeout`).Scan(&limit)
	})
	if err != nil || limit != "10s" {
		t.Errorf("%q, %v", limit, err)
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
	if _, err := New(gone).Projects(t.Context(), 1); fault.KindOf(err) != fault.Unavailable {
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
	result, err := New(db.Pool(t, provision.SearchReader)).Find(t.Context(), q, Page{Size: 10})
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

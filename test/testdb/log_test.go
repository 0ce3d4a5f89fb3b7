package testdb

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	provision "github.com/picket-io/picket/deploy/postgres"
)

func TestDeadlocksAreFoundInTheLog(t *testing.T) {
	t.Parallel()
	if Log() == "" {
		t.Skip("the server was started by somebody else: its log is not known")
	}
	d, quiet := New(t), New(t)
	pool := d.Pool(t, provision.Grouping)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE met AS SELECT id FROM generate_series(1, 2) id`); err != nil {
		t.Fatal(err)
	}
	var holding, ended sync.WaitGroup
	holding.Add(2)
	failed := make([]error, 2)
	for i, order := range [][]int{{1, 2}, {2, 1}} {
		ended.Go(func() {
			failed[i] = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), `SELECT FROM met WHERE id = $1 FOR UPDATE`, order[0])
				holding.Done()
				if err != nil {
					return err
				}
				holding.Wait()
				_, err = tx.Exec(t.Context(), `SELECT FROM met WHERE id = $1 FOR UPDATE`, order[1])
				return err
			})
		})
	}
	ended.Wait()
	if (failed[0] == nil) == (failed[1] == nil) {
		t.Fatalf("one of both has to fail: %v", failed)
	}
	if found := Deadlocks(t, Log(), d.name); len(found) != 1 {
		t.Errorf("found %q", found)
	}
	if found := Deadlocks(t, Log(), quiet.name); len(found) != 0 {
		t.Errorf("found those of another database: %q", found)
	}
}

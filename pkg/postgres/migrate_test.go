package postgres_test

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/test/testdb"
)

func files(statements ...string) fstest.MapFS {
	names := []string{"0101_one.sql", "0102_two.sql", "0103_three.sql"} // after those of the service
	fsys := fstest.MapFS{}
	for i, statement := range statements {
		fsys[names[i]] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statement)}
	}
	return fsys
}

func TestSeveralProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	pool := db.Pool(t, provision.Ingest)
	exec(t, pool, `DROP TABLE schema_migrations`) // as a new schema has none
	fsys := files(`CREATE TABLE one (id int);`, `INSERT INTO one VALUES (1);`)
	var processes sync.WaitGroup
	for range 4 {
		processes.Go(func() {
			if err := postgres.Migrate(t.Context(), db.URL(provision.Ingest), "ingest", fsys); err != nil {
				t.Error(err)
			}
		})
	}
	processes.Wait()
	var rows int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM one`).Scan(&rows); err != nil || rows != 1 {
		t.Errorf("the second migration left %d rows, %v", rows, err)
	}
}

func TestAMigrationThatFailsLeavesThoseBeforeIt(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	pool := db.Pool(t, provision.Ingest)
	exec(t, pool, `DROP TABLE schema_migrations`)
	err := postgres.Migrate(t.Context(), db.URL(provision.Ingest), "ingest",
		files(`CREATE TABLE one (id int);`, `INSERT INTO one VALUES (1); INSERT INTO nowhere VALUES (1);`))
	if err == nil || !strings.HasPrefix(err.Error(), "migrate ingest: ") || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
	mended := files(`CREATE TABLE one (id int);`, `INSERT INTO one VALUES (2);`)
	if err := postgres.Migrate(t.Context(), db.URL(provision.Ingest), "ingest", mended); err != nil {
		t.Fatal(err)
	}
	var id int
	if err := pool.QueryRow(t.Context(), `SELECT id FROM one`).Scan(&id); err != nil || id != 2 {
		t.Errorf("got %d, %v, want what the mended one left", id, err)
	}
}

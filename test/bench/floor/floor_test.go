package floor_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/test/bench/floor"
)

func TestMain(m *testing.M) {
	floor.ServeEchoes()
	m.Run()
}

func TestEveryFloorIsTakenAndPrinted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	options := floor.Options{
		DatabaseURL: os.Getenv("PICKET_TEST_DATABASE_URL"), RedisURL: os.Getenv("PICKET_TEST_REDIS_URL"), Message: 3000, Length: 20 * time.Millisecond,
	}
	if options.DatabaseURL == "" || options.RedisURL == "" {
		t.Fatal("there are no servers: run the tests with make test")
	}
	m, err := floor.Open(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	all := []floor.Kind{
		floor.Fdatasync, floor.Commit, floor.Commits, floor.PacedCommits, floor.Copy, floor.KeyedCopy, floor.Lookup,
		floor.Echo, floor.Echoes, floor.PacedEchoes, floor.Redis,
	}
	for range 2 {
		if err := m.Measure(ctx, all...); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(ctx); err != nil {
		t.Error(err)
	}
	for _, kind := range all {
		if m.Of(kind).Rate <= 0 {
			t.Errorf("floor %d was not taken", kind)
		}
	}
	var printed strings.Builder
	m.Print(&printed)
	t.Log(printed.String())
	if lines := strings.Count(printed.String(), "\n"); lines != len(all)+2 || strings.Count(printed.String(), "; ") < len(all) {
		t.Error("it is not one line with two turns for each floor")
	}
	conn, err := pgx.Connect(ctx, options.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var left int
	err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_database WHERE datname = $1`, m.Database()).Scan(&left)
	if err != nil || left > 0 {
		t.Errorf("its database is left, %v", err)
	}
}

package testdb

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	provision "github.com/picket-io/picket/deploy/postgres"
)

func TestTestsDoNotSeeEachOthersDatabases(t *testing.T) {
	t.Parallel()
	for range 3 {
		pool := New(t).Pool(t, provision.Ingest)
		if _, err := pool.Exec(t.Context(), `CREATE TABLE mine (id int)`); err != nil {
			t.Error(err)
		}
	}
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	t.Parallel()
	var database *Database
	t.Run("a test that leaves a connection open", func(t *testing.T) {
		database = New(t)
		if _, err := pgx.Connect(t.Context(), database.URL(provision.Traces)); err != nil {
			t.Fatal(err)
		}
	})
	if exists(t, database.name) {
		t.Error(database.name, "is still there")
	}
}

func TestProcessesShareTheTemplate(t *testing.T) {
	t.Parallel()
	address := requireEnv(t, databaseURL)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			other, err := connect(context.Background(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer other.pool.Close()
			if ours := connectedServer(t); other.template != ours.template || other.prefix == ours.prefix {
				t.Errorf("got %+v beside %+v", other, ours)
			}
		})
	}
	wait.Wait()
}

func TestWhatNobodyUsesIsDroppedByTheNextProcess(t *testing.T) {
	t.Parallel()
	server := connectedServer(t)
	ctx := t.Context()
	used, err := pgx.Connect(ctx, server.adminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close(ctx)
	if _, err := used.Exec(ctx, `SELECT pg_advisory_lock_shared($1, $2)`, templateLock, 0x0000aaaa); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		templatePrefix + "0000aaaa": true, // another branch's tests clone it
		templatePrefix + "0000bbbb": false,
		testPrefix + "0000cccc_1":   false,
	}
	for name := range want {
		if _, err := server.pool.Exec(ctx, `CREATE DATABASE `+name+` STRATEGY FILE_COPY`); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.drop(context.Background(), name); err != nil {
				t.Error(err)
			}
		})
	}
	next, err := connect(ctx, server.adminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer next.pool.Close()
	for name, kept := range want {
		if exists(t, name) != kept {
			t.Errorf("%s: exists is %v, want %v", name, !kept, kept)
		}
	}
}

func TestTestsDoNotSeeEachOthersRedis(t *testing.T) {
	t.Parallel()
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			client := Redis(t)
			if n, err := client.Incr(t.Context(), "counter").Result(); err != nil || n != 1 {
				t.Errorf("got %d, %v", n, err)
			}
		})
	}
}

func exists(t *testing.T, database string) (found bool) {
	t.Helper()
	err := connectedServer(t).pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&found)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		b.Run("", func(b *testing.B) { New(b) })
	}
}

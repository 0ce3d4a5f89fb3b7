// Package testdb gives each test a PostgreSQL database and a Redis database of its own, on the servers that
// PICKET_TEST_DATABASE_URL and PICKET_TEST_REDIS_URL name. Tests that use it can all run in parallel.
package testdb

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
)

// A Database is provisioned like a real one, with every service's migrations run, and empty.
type Database struct {
	name     string
	adminURL string
}

var serial atomic.Int64

// New makes a database, which is dropped when the test ends.
func New(t testing.TB) *Database {
	t.Helper()
	server := connectedServer(t)
	ctx := t.Context()
	d := &Database{name: fmt.Sprintf("%s%d", server.prefix, serial.Add(1)), adminURL: server.adminURL}
	clone := fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY`,
		pgx.Identifier{d.name}.Sanitize(), pgx.Identifier{server.template}.Sanitize())
	if _, err := server.pool.Exec(ctx, clone); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.drop(ctx, d.name); err != nil {
			t.Errorf("testdb: %v", err)
		}
	})
	// Who may connect and each role's search_path are not copied from a template.
	if err := provision.Database(ctx, d.adminURL, d.name); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return d
}

// Shut ends all connections to the database and lets nobody in, as if it were gone, until open is called.
func (d *Database) Shut(t testing.TB) (open func()) {
	t.Helper()
	set := func(allowed bool) {
		t.Helper()
		server, name := connectedServer(t), pgx.Identifier{d.name}.Sanitize()
		if _, err := server.pool.Exec(t.Context(), fmt.Sprintf(`ALTER DATABASE %s WITH ALLOW_CONNECTIONS %t`, name, allowed)); err != nil {
			t.Fatalf("testdb: %v", err)
		}
	}
	set(false)
	_, err := connectedServer(t).pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, d.name)
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return func() { set(true) }
}

// URL is the database's address for a role of package provision.
func (d *Database) URL(role string) string {
	url, err := provision.URL(d.adminURL, role, d.name)
	if err != nil {
		panic(err) // New has parsed adminURL already
	}
	return url
}

// Pool connects to the database as a role of package provision, until the test ends.
func (d *Database) Pool(t testing.TB, role string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), d.URL(role))
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func connectedServer(t testing.TB) *server {
	t.Helper()
	requireEnv(t, databaseURL)
	server, err := connectOnce()
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return server
}

const (
	databaseURL = "PICKET_TEST_DATABASE_URL"
	redisURL    = "PICKET_TEST_REDIS_URL"
)

func requireEnv(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run the tests with make test", name)
	}
	return value
}

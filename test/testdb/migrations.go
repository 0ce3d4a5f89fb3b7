package testdb

import (
	"io/fs"
	"testing"
	"testing/fstest"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/postgres"
	grouping "github.com/picket-io/picket/services/grouping/migrations"
	ingest "github.com/picket-io/picket/services/ingest/migrations"
	search "github.com/picket-io/picket/services/search/migrations"
	traces "github.com/picket-io/picket/services/traces/migrations"
)

// A migration is what a service does to its schema before it starts.
type migration struct {
	Role   string
	Schema string
	FS     fs.FS
}

// migrations are those of every service, in an order in which they can run.
var migrations = []migration{
	{Role: provision.Grouping, Schema: grouping.Schema, FS: grouping.FS},
	{Role: provision.Ingest, Schema: ingest.Schema, FS: ingest.FS},
	{Role: provision.Search, Schema: search.Schema, FS: search.FS},
	{Role: provision.Traces, Schema: traces.Schema, FS: traces.FS},
}

func (d *Database) migrationOf(t testing.TB, role string) migration {
	t.Helper()
	for _, m := range migrations {
		if m.Role == role {
			return m
		}
	}
	t.Fatalf("testdb: %s has no migrations", role)
	return migration{}
}

// Older makes the schemas of a service, whose tables are still empty, those of the version whose last migration has a given number.
func (d *Database) Older(t testing.TB, role, last string) {
	t.Helper()
	m := d.migrationOf(t, role)
	names, err := fs.Glob(m.FS, "*.sql")
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	older := fstest.MapFS{}
	for _, name := range names {
		if name[:len(last)] > last {
			continue
		}
		content, err := fs.ReadFile(m.FS, name)
		if err != nil {
			t.Fatalf("testdb: %v", err)
		}
		older[name] = &fstest.MapFile{Data: content}
	}
	const dropOwn = `DO $$ BEGIN
		EXECUTE (SELECT 'DROP SCHEMA ' || string_agg(quote_ident(nspname), ', ') || ' CASCADE' FROM pg_namespace WHERE nspowner = current_user::regrole);
	END $$`
	if _, err := d.Pool(t, role).Exec(t.Context(), dropOwn); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	if err := provision.Database(t.Context(), d.adminURL, d.name); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	d.migrate(t, role, m.Schema, older)
}

// Migrate brings an older schema to this version.
func (d *Database) Migrate(t testing.TB, role string) {
	t.Helper()
	m := d.migrationOf(t, role)
	d.migrate(t, role, m.Schema, m.FS)
}

func (d *Database) migrate(t testing.TB, role, schema string, files fs.FS) {
	t.Helper()
	if err := postgres.Migrate(t.Context(), d.URL(role), schema, files); err != nil {
		t.Fatalf("testdb: %v", err)
	}
}

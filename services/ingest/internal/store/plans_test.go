package store

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/test/testdb"
)

var (
	readsMore = regexp.MustCompile(`Seq Scan|Bitmap(And|Or)|Hash Join|Merge Join`)
	condition = regexp.MustCompile(`Index Cond: .*`)
	namesRow  = regexp.MustCompile(`\b(event_id|item_id|id) = `)
)

// A connection keeps its plans, and may make them before there is a row, or before there are statistics of what is there.
func TestLookupsPlannedOnEmptyTablesReadOnlyTheRowsTheyName(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	pool := db.Pool(t, provision.Ingest)
	exec := func(statement string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	// A partition of the version before has a key, and no index of items.
	db.Older(t, provision.Ingest, "0006")
	exec(`CREATE TABLE payloads_before PARTITION OF payloads FOR VALUES FROM ('1901-01-01') TO ('2001-01-01')`)
	exec(`INSERT INTO payloads (project_id, kind, item_id, item_time, received_at, event_id, has_event, body)
		SELECT 1, 1, gen_random_uuid(), '2000-01-01', '2000-01-01', gen_random_uuid(), true, '' FROM generate_series(1, 2000)`)
	db.Migrate(t, provision.Ingest)
	for _, table := range []string{"payloads", "payload_blocks"} {
		exec("CREATE TABLE " + table + "_week PARTITION OF " + table + " FOR VALUES FROM ('2001-01-01') TO ('2101-01-01')" +
			" WITH (autovacuum_enabled = off)")
	}
	expectLookups(t, db)
	exec(`INSERT INTO payloads (project_id, kind, item_id, item_time, received_at, event_id, has_event, body)
		SELECT 1, 1, gen_random_uuid(), '2026-01-01', '2026-01-01', gen_random_uuid(), true, ''`)
	exec(`ANALYZE payloads`) // a page, which a plan would read whole
	expectLookups(t, db)
	exec(`INSERT INTO payloads (project_id, kind, item_id, item_time, received_at, event_id, has_event, body)
		SELECT 1, 1, gen_random_uuid(), '2026-01-01', '2026-01-01', gen_random_uuid(), true, '' FROM generate_series(1, 20000)`)
	exec(`INSERT INTO payload_blocks SELECT 1, '2026-01-01', n, repeat('x', 1000)::bytea FROM generate_series(1, 2000) n`)
	expectLookups(t, db)
}

func expectLookups(t *testing.T, db *testdb.Database) {
	t.Helper()
	// Some are of the weeks that their arguments name: without arguments they would be of none.
	of := func(table, statement string) string {
		return strings.Replace(statement, "FROM payloads", "FROM "+table, 1)
	}
	for name, statement := range map[string]string{
		"items of a batch": of("payloads_week", putPayloads), "older items": of("payloads_before", putPayloads),
		"a payload to delete": of("payloads_week", deletePayload), "an older payload to delete": of("payloads_before", deletePayload),
		"events": getEvents, "an occurrence": getOccurrence, "a block": lockBlock,
	} {
		plan := db.Plan(t, provision.Ingest, statement, keepLookups)
		conditions := condition.FindAllString(plan, -1)
		if readsMore.MatchString(plan) || len(conditions) == 0 ||
			slices.ContainsFunc(conditions, func(c string) bool { return !namesRow.MatchString(c) }) {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

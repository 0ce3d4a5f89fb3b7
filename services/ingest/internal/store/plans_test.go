package store

import (
	"regexp"
	"testing"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/test/testdb"
)

var readsMore = regexp.MustCompile(`Seq Scan|Bitmap|Hash Join|Merge Join`)

// A connection keeps its plans, and may make them before there is a row.
func TestLookupsPlannedOnEmptyTablesReadOnlyTheRowsTheyName(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, table := range []string{"payloads", "payload_blocks"} {
		partition := "CREATE TABLE " + table + "_week PARTITION OF " + table + " FOR VALUES FROM ('2001-01-01') TO ('2101-01-01')"
		if _, err := db.Pool(t, provision.Ingest).Exec(t.Context(), partition); err != nil {
			t.Fatal(err)
		}
	}
	for name, statement := range map[string]string{
		"events": getEvents, "an occurrence": getOccurrence, "a payload to delete": deletePayload, "a block": lockBlock,
	} {
		if plan := db.Plan(t, provision.Ingest, statement); readsMore.MatchString(plan) {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

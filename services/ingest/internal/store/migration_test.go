package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
	"github.com/picket-io/picket/services/ingest/migrations"
	"github.com/picket-io/picket/test/testdb"
)

// What an installation has stored in the layouts before is read, deleted and added to in the new one.
func TestPayloadsOfTheLayoutsBeforeAreTakenOver(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"0005", "0006"} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			takeOver(t, last)
		})
	}
}

func takeOver(t *testing.T, last string) {
	db := testdb.New(t)
	db.Older(t, provision.Ingest, last)
	pool := db.Pool(t, provision.Ingest)
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	// Some of the weeks stay without rows.
	if err := partition.NewKeeper(pool, migrations.Schema, []string{"payloads", "payload_blocks"}, retention, time.Now).Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := func(text string) []byte {
		return store.Body([]byte(`{"issue_title":"`+text+`"}`), []byte(`{"message":"`+text+`"}`))
	}
	const put = `INSERT INTO payloads (project_id, kind, item_id, item_time, received_at, event_id, has_event, body, block_id, line)
		VALUES (1, 1, $1, $2, $2, $1, true, $3, $4, $5)`
	alone, first, second := uuid.New(), uuid.New(), uuid.New()
	exec(put, alone, at, store.Compress(body("alone")), nil, nil)
	exec(put, first, at, nil, 7, 0)
	exec(put, second, at, nil, 7, 1)
	exec(`INSERT INTO payload_blocks VALUES (1, $1, 7, $2)`, at.Truncate(24*time.Hour),
		store.Compress([]byte(string(body("first"))+"\n"+string(body("second")))))

	db.Migrate(t, provision.Ingest)

	s := store.New(pool, retention, time.Now)
	more := store.Payload{
		Key:     store.Key{ProjectID: 1, Kind: ingest.KindOccurrence, ItemID: ingest.ID(uuid.New()), ItemTime: at},
		EventID: ingest.ID(uuid.New()), HasEvent: true, Body: body("more"),
	}
	again := more
	again.ItemID, again.EventID, again.Body = ingest.ID(first), ingest.ID(first), body("again")
	later := more
	later.ItemID, later.EventID, later.ItemTime, later.Body = ingest.ID(uuid.New()), ingest.ID(uuid.New()), at.Add(7*24*time.Hour), body("later")
	if err := s.PutPayloads(t.Context(), []store.Payload{more, again, later}); err != nil {
		t.Fatal(err)
	}
	if err := s.DeletePayloads(t.Context(), []store.Key{{ProjectID: 1, Kind: ingest.KindOccurrence, ItemID: ingest.ID(second), ItemTime: at}}); err != nil {
		t.Fatal(err)
	}
	for text, id := range map[string]ingest.ID{
		"alone": ingest.ID(alone), "first": ingest.ID(first), "": ingest.ID(second), "more": more.ItemID, "later": later.ItemID,
	} {
		occurrence, err := s.Occurrence(t.Context(), 1, id)
		if (err == nil) != (text != "") || occurrence.Title != text {
			t.Errorf("%q: %q, %v", text, occurrence.Title, err)
		}
	}

	const index = `SELECT string_agg(CASE WHEN indexdef ~ 'UNIQUE' THEN 'key' ELSE 'hash' END, ' ') FROM pg_indexes
		WHERE tablename = $1 AND indexdef ~ '\mitem_id\M'`
	for want, at := range map[string]time.Time{"key": at, "hash": later.ItemTime} {
		var got string
		err := pool.QueryRow(t.Context(), index, "payloads_p"+at.Truncate(partition.Step).Format("20060102")).Scan(&got)
		if err != nil || got != want {
			t.Errorf("%q finds items of %s (%v), want %s", got, at, err, want)
		}
	}
}

package store_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
	"github.com/picket-io/picket/test/testdb"
)

const retention = 90 * 24 * time.Hour

// Whatever comes in together and again, and whatever is deleted of it: what is left is read as it first came, and of
// what was deleted nothing is left, in no block either.
func TestPayloadsAreStoredOnceAndDeletedWhole(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := store.New(db.Pool(t, provision.Ingest), retention, time.Now)
	project := int64(0)
	rapid.Check(t, func(r *rapid.T) {
		project += 2 // two of its own for each run
		known := make([]store.Payload, 24)
		for i := range known {
			known[i] = store.Payload{
				Key: store.Key{
					ProjectID: project + int64(i%5/4), Kind: ingest.KindOccurrence, ItemID: ingest.ID(uuid.New()),
					ItemTime: now.Add(-time.Duration(i%3) * 36 * time.Hour),
				},
				EventID: ingest.ID(uuid.New()), HasEvent: true,
			}
		}
		stored := map[int]string{} // texts, which tell the first from a repeat
		for step := range rapid.IntRange(1, 6).Draw(r, "steps") {
			chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(known)-1), 1, -1, rapid.ID[int]).Draw(r, "items")
			if rapid.Bool().Draw(r, "delete") {
				var keys []store.Key
				for _, i := range chosen {
					keys = append(keys, known[i].Key)
					delete(stored, i)
				}
				if err := s.DeletePayloads(t.Context(), keys); err != nil {
					r.Fatal(err)
				}
				continue
			}
			var payloads []store.Payload
			for _, i := range chosen {
				p := known[i]
				text := fmt.Sprintf("text-%d-%d-%d", project, i, step)
				event := `{"message":"` + text + `"}`
				if i%3 == 0 { // as versions before stored it
					event = wholeEvent(p, text)
				}
				p.Body = store.Body([]byte(`{"issue_title":"`+text+`"}`), []byte(event))
				payloads = append(payloads, p)
				if _, ok := stored[i]; !ok {
					stored[i] = text
				}
			}
			if err := s.PutPayloads(t.Context(), payloads); err != nil {
				r.Fatal(err)
			}
		}
		keys := make([]store.EventKey, len(known))
		for i, p := range known {
			keys[i] = store.EventKey{ProjectID: p.ProjectID, EventID: p.EventID}
		}
		events, err := s.Events(t.Context(), keys)
		if err != nil {
			r.Fatal(err)
		}
		for i, p := range known {
			text, ok := stored[i]
			occurrence, err := s.Occurrence(t.Context(), p.ProjectID, p.ItemID)
			if (err == nil) != ok || occurrence.Title != text {
				r.Fatalf("item %d: %q, %v, want %q", i, occurrence.Title, err, text)
			}
			if ok && (occurrence.ID != p.ItemID || occurrence.EventID != p.EventID || occurrence.ProjectID != p.ProjectID ||
				!occurrence.DetectionTime.Equal(p.ItemTime)) {
				r.Fatalf("item %d: %+v, of the row %+v", i, occurrence, p.Key)
			}
			event, found := events[keys[i]]
			if found != ok || found && string(event.Body) != wholeEvent(p, text) {
				r.Fatalf("event %d: %s, want %q", i, event.Body, text)
			}
		}
		bodies, err := store.Bodies(t.Context(), db.Pool(t, provision.Ingest), []int64{project, project + 1})
		if err != nil {
			r.Fatal(err)
		}
		left := slices.Sorted(maps.Values(stored))
		if got := strings.Count(bodies, "message"); got != len(left) {
			r.Fatalf("%d bodies are in the database, want %d: %s", got, len(left), bodies)
		}
	})
}

// A block of any size is read whole, and again without what was deleted of it.
func TestBlocksOfAllSizesAreReadWhole(t *testing.T) {
	t.Parallel()
	pool := testdb.New(t).Pool(t, provision.Ingest)
	s := store.New(pool, retention, time.Now)
	now := time.Now().UTC().Truncate(time.Microsecond)
	for _, size := range []int{1, 500, 900, 1000, 1100, 5_000, 30_000} {
		var payloads []store.Payload
		texts := map[ingest.ID]string{}
		for range 3 {
			p, text := newPayload(now), make([]byte, size)
			_, _ = rand.Read(text)
			texts[p.ItemID] = hex.EncodeToString(text)
			payloads = append(payloads, says(p, texts[p.ItemID]))
		}
		if err := s.PutPayloads(t.Context(), slices.Clone(payloads)); err != nil {
			t.Fatal(err)
		}
		for i, p := range payloads {
			for _, left := range payloads[i:] {
				if got := read(t, s, left); got != texts[left.ItemID] {
					t.Fatalf("%d bytes are read, not the %d that were stored", len(got), 2*size)
				}
			}
			if err := s.DeletePayloads(t.Context(), []store.Key{p.Key}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if blocks := count(t, pool, "payload_blocks"); blocks > 0 {
		t.Errorf("%d blocks are left", blocks)
	}
}

func wholeEvent(p store.Payload, text string) string {
	return fmt.Sprintf(`{"event_id":%q,"message":%q,"metadata":{"title":%q}}`, p.EventID, text, text)
}

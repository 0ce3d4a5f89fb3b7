package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
	"github.com/picket-io/picket/test/testdb"
)

func newPayload(at time.Time) store.Payload {
	return store.Payload{
		Key:     store.Key{ProjectID: 1, Kind: ingest.KindOccurrence, ItemID: ingest.ID(uuid.New()), ItemTime: at},
		EventID: ingest.ID(uuid.New()), HasEvent: true,
	}
}

func says(p store.Payload, text string) store.Payload {
	p.Body = store.Body([]byte(`{"issue_title":"`+text+`"}`), []byte(`{"message":"`+text+`"}`))
	return p
}

// read gives what an item and its event say, which is the same; empty when neither is stored.
func read(t *testing.T, s *store.Store, p store.Payload) string {
	t.Helper()
	occurrence, err := s.Occurrence(t.Context(), p.ProjectID, p.ItemID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	key := store.EventKey{ProjectID: p.ProjectID, EventID: p.EventID}
	events, err2 := s.Events(t.Context(), []store.EventKey{key})
	if err2 != nil {
		t.Fatal(err2)
	}
	if event, found := events[key]; found != (err == nil) || found && string(event.Body) != wholeEvent(p, occurrence.Title) {
		t.Fatalf("the occurrence says %q (%v), its event %s", occurrence.Title, err, event.Body)
	}
	return occurrence.Title
}

// awaitBlocked returns once some transactions wait for another one.
func awaitBlocked(t *testing.T, pool *pgxpool.Pool, tx pgx.Tx, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for blocked := 0; blocked < n; {
		err := pool.QueryRow(ctx, `SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))`,
			tx.Conn().PgConn().PID()).Scan(&blocked)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func count(t *testing.T, pool *pgxpool.Pool, table string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Two replicas store one item while neither sees what the other has written: what was received first is read, whoever
// commits first, and a deletion leaves nothing of either.
func TestAnItemThatIsStoredTwiceAtOnceIsReadAsOneAndDeletedWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead time.Duration // of the clock of the second
		alone bool          // the second has no block
		want  string
	}{
		"both in blocks": {time.Millisecond, false, "first"},
		"both in blocks, the second received first": {-time.Millisecond, false, "second"},
		"one alone":                                  {time.Millisecond, true, "first"},
		"one alone, which was received first":        {-time.Millisecond, true, "second"},
		"both received at one moment, one alone":     {0, true, ""},
		"both received at one moment, both in block": {0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := testdb.New(t).Pool(t, provision.Ingest)
			now := time.Now().UTC().Truncate(time.Microsecond)
			replica := func(ahead time.Duration) *store.Store {
				return store.New(pool, retention, func() time.Time { return now.Add(ahead) })
			}
			first, second := replica(0), replica(c.ahead)
			item, neighbour, another := newPayload(now), newPayload(now.Add(time.Second)), newPayload(now.Add(time.Second))
			put := func(s *store.Store, payloads ...store.Payload) {
				t.Helper()
				if err := s.PutPayloads(t.Context(), payloads); err != nil {
					t.Error(err)
				}
			}
			put(first, says(newPayload(now), "before")) // makes the partitions

			holder, err := pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := holder.Exec(t.Context(), `LOCK TABLE payload_blocks IN SHARE MODE`); err != nil {
				t.Fatal(err)
			}
			var both sync.WaitGroup
			both.Go(func() { put(first, says(item, "first"), says(neighbour, "neighbour")) })
			awaitBlocked(t, pool, holder, 1) // its rows are written, and not committed
			if c.alone {
				put(second, says(item, "second"))
				if got := read(t, first, item); got != "second" {
					t.Errorf("%q is read while only the second is there", got)
				}
			} else {
				both.Go(func() { put(second, says(item, "second"), says(another, "another")) })
				awaitBlocked(t, pool, holder, 2)
			}
			if err := holder.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			both.Wait()
			var stored int
			if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM payloads WHERE item_id = $1`, [16]byte(item.ItemID)).Scan(&stored); err != nil || stored != 2 {
				t.Fatalf("it is stored %d times (%v), want twice", stored, err)
			}

			put(second, says(item, "again"))
			want := c.want
			if want == "" {
				want = read(t, first, item)
			}
			for range 3 {
				if got := read(t, second, item); got != want || got == "again" {
					t.Errorf("%q is read, want %q", got, want)
				}
			}
			if err := first.DeletePayloads(t.Context(), []store.Key{item.Key}); err != nil {
				t.Fatal(err)
			}
			if got := read(t, first, item); got != "" {
				t.Errorf("%q is read of what was deleted", got)
			}
			bodies, err := store.Bodies(t.Context(), pool, []int64{1})
			if err != nil || strings.Contains(bodies, "first") || strings.Contains(bodies, "second") || !strings.Contains(bodies, "neighbour") {
				t.Errorf("after the deletion there is %s (%v)", bodies, err)
			}
			if got := read(t, first, neighbour); got != "neighbour" {
				t.Errorf("%q is read of its neighbour", got)
			}
		})
	}
}

func TestOfAnItemThatIsTwiceInABatchTheFirstIsStored(t *testing.T) {
	t.Parallel()
	pool := testdb.New(t).Pool(t, provision.Ingest)
	s := store.New(pool, retention, time.Now)
	now := time.Now().UTC().Truncate(time.Microsecond)
	items := []store.Payload{newPayload(now), newPayload(now), newPayload(now)}
	var batch []store.Payload
	for i := range 40 {
		batch = append(batch, says(items[i%3], fmt.Sprint("text-", i)))
	}
	if err := s.PutPayloads(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for i, item := range items {
		if got := read(t, s, item); got != fmt.Sprint("text-", i) {
			t.Errorf("%q is stored of item %d", got, i)
		}
	}
	if rows := count(t, pool, "payloads"); rows != len(items) {
		t.Errorf("%d rows", rows)
	}
}

// Replicas store the same items again and again, in batches and alone, while others delete them. In the end all are
// deleted: nothing is left, in no block either.
func TestWhatManyStoreAndDeleteAtOnceIsGoneInTheEnd(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]string{
		"in a week without a key": ``,
		"in a week of the version before": `DO $$ BEGIN
			EXECUTE (SELECT string_agg(format('ALTER TABLE %s ADD PRIMARY KEY (project_id, kind, item_id, item_time)', inhrelid::regclass), ';')
			         FROM pg_inherits WHERE inhparent = 'payloads'::regclass);
			END $$`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := testdb.New(t).Pool(t, provision.Ingest)
			s := store.New(pool, retention, time.Now)
			items, keys := make([]store.Payload, 10), make([]store.Key, 10)
			for i := range items {
				items[i] = newPayload(time.Now().UTC().Truncate(time.Microsecond))
				keys[i] = items[i].Key
			}
			if err := s.PutPayloads(t.Context(), []store.Payload{says(items[0], "makes the partitions")}); err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(t.Context(), prepare); err != nil {
				t.Fatal(err)
			}
			seed := rand.Uint64()
			t.Log("seed ", seed)
			var replicas sync.WaitGroup
			for replica := range 8 {
				replicas.Go(func() { storeAndDelete(t, pool, items, rand.New(rand.NewPCG(seed, uint64(replica)))) })
			}
			replicas.Wait()
			for _, item := range items {
				if first := read(t, s, item); first != read(t, s, item) {
					t.Errorf("%q is read, and then another", first)
				}
			}
			if err := s.DeletePayloads(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
			if rows, blocks := count(t, pool, "payloads"), count(t, pool, "payload_blocks"); rows+blocks > 0 {
				t.Errorf("%d rows and %d blocks are left", rows, blocks)
			}
		})
	}
}

func storeAndDelete(t *testing.T, pool *pgxpool.Pool, items []store.Payload, random *rand.Rand) {
	s := store.New(pool, retention, time.Now)
	for range 20 {
		var payloads []store.Payload
		var keys []store.Key
		for _, i := range random.Perm(len(items))[:1+random.IntN(5)] {
			payloads = append(payloads, says(items[i], fmt.Sprint("text-", random.IntN(1000))))
			keys = append(keys, items[i].Key)
		}
		err := s.PutPayloads(t.Context(), payloads)
		if err == nil && random.IntN(3) == 0 {
			err = s.DeletePayloads(t.Context(), keys)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

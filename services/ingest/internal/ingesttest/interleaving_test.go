package ingesttest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

func TestMain(m *testing.M) {
	// Each check starts consumers. More are run with -rapid.checks.
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// parcel is one record, with the key that orders it.
type parcel struct {
	key   string
	value string
	bad   bool
}

// state is what is left of parcels when all is done.
type state struct {
	Judged      map[string][]string // ids of the items of a hash, in the order in which they were judged
	Payloads    []string            // ids of the items that are stored
	DeadLetters []string            // values of the records
}

var serial int

func TestAnyInterleavingThatKeepsTheOrderOfKeysEndsInTheSameState(t *testing.T) {
	t.Parallel()
	faulty, clean := newDoor(t), newDoor(t)
	rapid.Check(t, func(rt *rapid.T) {
		serial++
		parcels := drawParcels(rt)
		clean.runClean(rt, parcels)
		faulty.runFaulty(rt, parcels)
		if diff := cmp.Diff(clean.state(rt, parcels, ""), faulty.state(rt, parcels, faulty.topic), cmpopts.EquateEmpty()); diff != "" {
			rt.Error(diff)
		}
	})
}

func drawParcels(t *rapid.T) []parcel {
	keys := rapid.IntRange(1, 3).Draw(t, "keys")
	kinds := []string{"occurrence", "occurrence", "occurrence", "status change", ingesttest.Discarded, ingesttest.Refused, ingesttest.Poison, "malformed", "too old"}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) parcel {
		key := fmt.Sprintf("%d-%d", serial, rapid.IntRange(1, keys).Draw(t, "key"))
		return newParcel(key, rapid.SampledFrom(kinds).Draw(t, "kind"))
	}), 1, 25).Draw(t, "parcels")
}

func newParcel(key, kind string) parcel {
	message := ingesttest.NewMessage(key, kind)
	switch kind {
	case "status change":
		return parcel{key, fmt.Sprintf(`{"payload_type": "status_change", "id": %q, "project_id": 1, "fingerprint": [%q], "new_status": 1}`,
			message.ID, key), false}
	case "malformed":
		return parcel{key, "{" + message.ID, true}
	case "too old":
		message.Detected = message.Detected.AddDate(-1, 0, 0)
	}
	return parcel{key, string(message.JSON()), kind == ingesttest.Refused || kind == ingesttest.Poison}
}

// runClean takes every parcel through the pipeline, once, in order.
func (d *door) runClean(t *rapid.T, parcels []parcel) {
	for _, p := range parcels {
		item, err := ingest.ReadMessage([]byte(p.value), ingest.ID{}, time.Now())
		if err == nil {
			_, err = d.Pipeline.One(context.Background(), item)
		}
		if (err != nil) != p.bad {
			t.Fatalf("%s: %v", p.value, err)
		}
	}
}

// runFaulty sends the parcels in an order that keeps that of each key, some of them again later, to a consumer that dies now and then
// and has forgotten some of what it had done, while answers of the grouping service are lost.
func (d *door) runFaulty(t *rapid.T, parcels []parcel) {
	d.openTopic(t, fmt.Sprintf("interleaving-%d", serial), int32(rapid.IntRange(1, 3).Draw(t, "partitions")))
	d.Grouping.LoseAnswers(rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "lost answers"))
	queues := map[string][]parcel{}
	var keys []string
	for _, p := range parcels {
		if queues[p.key] == nil {
			keys = append(keys, p.key)
		}
		queues[p.key] = append(queues[p.key], p)
	}
	stop := d.consume(t)
	for sent := map[string]int{}; len(keys) > 0; {
		i := rapid.IntRange(0, len(keys)-1).Draw(t, "next key")
		key := keys[i]
		p := queues[key][sent[key]]
		d.produce(t, key, []byte(p.value))
		if sent[key]++; sent[key] == len(queues[key]) {
			keys = slices.Delete(keys, i, i+1)
		}
		if again := queues[key][rapid.IntRange(0, sent[key]-1).Draw(t, "again")]; !again.bad && rapid.IntRange(0, 3).Draw(t, "whether") == 0 {
			d.produce(t, key, []byte(again.value))
		}
		if rapid.IntRange(0, 9).Draw(t, "crash") == 0 {
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			share := int64(rapid.IntRange(0, 4).Draw(t, "forgotten quarters"))
			d.rewind(t, func(committed int64) int64 { return committed * (4 - share) / 4 })
			stop = d.consume(t)
		}
	}
	eventually(t, "everything is committed", d.committed)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func (d *door) state(t *rapid.T, parcels []parcel, topic string) state {
	s := state{Judged: map[string][]string{}}
	ours := map[string]bool{}
	for _, p := range parcels {
		ours[ingest.HashPart(p.key)] = true
		if p.bad && topic == "" { // a clean run has no letters: those that failed would be
			s.DeadLetters = append(s.DeadLetters, p.value)
		}
	}
	for _, item := range d.Grouping.Judged() {
		hash := item.GetStatusChange().GetHash()
		if o := item.GetOccurrence(); o != nil {
			hash = o.GetHashes()[0]
		}
		if ours[hash] {
			s.Judged[hash] = append(s.Judged[hash], item.GetItemId())
		}
	}
	s.Payloads = d.query(t, `SELECT DISTINCT replace(item_id::text, '-', '') FROM payloads ORDER BY 1`)
	if topic != "" {
		s.DeadLetters = d.query(t, `SELECT convert_from(record_value, 'UTF8') FROM dead_letters WHERE topic = $1`, topic)
	}
	slices.Sort(s.DeadLetters)
	return s
}

func (d *door) query(t *rapid.T, query string, args ...any) []string {
	rows, err := d.Pool.Query(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

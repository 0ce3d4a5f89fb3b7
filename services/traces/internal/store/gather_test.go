package store_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
	"github.com/picket-io/picket/services/traces/migrations"
	"github.com/picket-io/picket/test/testdb"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newStore(t *testing.T) *store.Store {
	t.Helper()
	clock := func() time.Time { return now }
	pool := testdb.New(t).Pool(t, provision.Traces)
	return store.New(pool, partition.NewKeeper(pool, migrations.Schema, store.Tables, 90*24*time.Hour, clock), store.DefaultLimits, clock)
}

// insertScattered stores traces whose spans are in blocks far from each other. Some blocks are in two projects.
func insertScattered(t *testing.T, s *store.Store, r *rand.Rand) {
	t.Helper()
	const blocks, ofABlock, ids = 40, 8, 60
	last := map[traces.TraceID]traces.SpanID{}
	for b := range blocks {
		var spans []traces.Span
		for i := range ofABlock {
			id := traces.TraceID{15: byte(1 + r.IntN(ids))}
			end := now.Add(-time.Duration(b)*time.Second - time.Duration(r.IntN(1500))*time.Millisecond).UnixNano()
			spans = append(spans, traces.Span{
				OrganizationID: 1, ProjectID: 1, TraceID: id, SpanID: traces.SpanID{6: byte(b), 7: byte(1 + i)}, ParentID: last[id],
				StartNanos: end - 1000, EndNanos: end, Op: "op" + strconv.Itoa(r.IntN(3)), Attributes: traces.Attributes{"color": pick(r, "red", "green", "blue")},
			})
			last[id] = spans[i].SpanID
		}
		insert(t, s, spans)
		if b%4 == 0 {
			for i := range spans {
				spans[i].ProjectID = 2
			}
			insert(t, s, spans)
		}
	}
}

func insert(t *testing.T, s *store.Store, spans []traces.Span) {
	t.Helper()
	if _, err := s.Insert(t.Context(), spans); err != nil {
		t.Fatal(err)
	}
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func query(t *testing.T, text string) block.Query {
	t.Helper()
	tree, err := searchquery.Parse(text, fields.Spans())
	if err != nil {
		t.Fatal(err)
	}
	return block.Query{Tree: tree, Now: now}
}

func TestTracesAreTheSameHoweverTheyAreLookedFor(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	s := newStore(t)
	insertScattered(t, s, r)
	for _, texts := range [][]string{
		{"color:red", "span.op:op1"},
		{"span.op:op1", "span.op:op2"},
		{"span.op:op0", "color:[red, blue]", "span.op:op2"},
		{"span.op:op1 color:blue", "span.op:op2 color:red"},
		{"parent:(color:red) span.op:op1", "color:green"},
		{"color:red project.id:1", "span.op:op1 project.id:2"},
		{"span.op:op0 project.id:1", "span.op:op1 project.id:2"},
	} {
		for _, order := range []store.Order{store.Newest, store.Oldest, store.Longest} {
			match := store.Match{Scope: store.Scope{OrganizationID: 1, From: now.Add(-time.Hour), To: now.Add(time.Hour)}, Order: order}
			for _, text := range texts {
				match.Queries = append(match.Queries, query(t, text))
			}
			compareWays(t, s, match, texts)
		}
	}
}

// compareWays reads a search page by page, giving up the short ways sooner and sooner.
func compareWays(t *testing.T, s *store.Store, match store.Match, texts []string) {
	t.Helper()
	match.Limit = 1000
	s.SetFewTraces(2000)
	want, err := s.MatchTraces(t.Context(), match)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 5 {
		t.Fatalf("%q finds %d traces", texts, len(want))
	}
	for _, few := range []int{2000, 10, 3, 0} {
		s.SetFewTraces(few)
		var got []store.Matched
		for match.Limit, match.After = 7, nil; ; match.After = &got[len(got)-1] {
			page, err := s.MatchTraces(t.Context(), match)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q in order %d, giving up at %d (-whole +pages):\n%s", texts, match.Order, few, diff)
		}
	}
}

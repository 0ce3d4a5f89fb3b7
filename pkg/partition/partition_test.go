package partition_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/test/testdb"
)

const day = 24 * time.Hour

// now is a Wednesday.
var now = time.Date(2026, 1, 14, 12, 0, 0, 0, time.UTC)

// house has two tables that are partitioned by time, in the schema of the ingest service.
type house struct {
	*pgxpool.Pool
	now time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{testdb.New(t).Pool(t, provision.Ingest), now}
	for _, table := range []string{"sights", "sounds"} {
		h.exec(t, fmt.Sprintf(`
			CREATE TABLE %[1]s (id int NOT NULL, at timestamptz NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
			CREATE INDEX %[1]s_note ON %[1]s (note)`, table))
	}
	return h
}

// keeper keeps partitions for four weeks.
func (h *house) keeper() *partition.Keeper {
	return partition.NewKeeper(h.Pool, "ingest", []string{"sights", "sounds"}, 28*day, func() time.Time { return h.now })
}

func (h *house) exec(t *testing.T, sql string) {
	t.Helper()
	if err := h.try(t, sql); err != nil {
		t.Fatal(err)
	}
}

func (h *house) try(t *testing.T, sql string) error {
	t.Helper()
	return postgres.InTx(t.Context(), h, func(tx pgx.Tx) error {
		_, err := tx.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
		return err
	})
}

func (h *house) see(t *testing.T, at time.Time) error {
	t.Helper()
	_, err := h.Exec(t.Context(), `INSERT INTO sights (id, at) VALUES (1, $1)`, at)
	return err
}

// expect compares the partitions of both tables, by their first days.
func (h *house) expect(t *testing.T, want ...string) {
	t.Helper()
	for _, table := range []string{"sights", "sounds"} {
		rows, _ := h.Query(t.Context(), `SELECT right(inhrelid::regclass::text, 8) FROM pg_inherits
			WHERE inhparent = $1::text::regclass ORDER BY 1`, table)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", table, got, want)
		}
	}
}

func keep(t *testing.T, k *partition.Keeper) {
	t.Helper()
	if err := k.Keep(t.Context()); err != nil {
		t.Error(err)
	}
}

var aroundNow = []string{"20260105", "20260112", "20260119", "20260126"}

func TestKeepersMayWorkAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var keepers sync.WaitGroup
	for range 4 {
		keepers.Go(func() {
			k := h.keeper()
			keep(t, k)
			keep(t, k)
		})
	}
	keepers.Wait()
	h.expect(t, aroundNow...)
}

func TestAPartitionIsAWeekFromMonday(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	monday := time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)
	elsewhere := time.FixedZone("", -8*60*60) // it is Sunday there
	if err := h.keeper().Ensure(t.Context(), monday.In(elsewhere)); err != nil {
		t.Fatal(err)
	}
	h.expect(t, "20260112")
	for at, inside := range map[time.Time]bool{
		monday: true, monday.Add(7*day - time.Microsecond): true,
		monday.Add(-time.Microsecond): false, monday.Add(7 * day): false,
	} {
		if err := h.see(t, at); inside != (err == nil) || !inside && !postgres.IsMissingPartition(err) {
			t.Errorf("%v: %v", at, err)
		}
	}
}

func TestPartitionsAreMadeOnDemand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.keeper()
	keep(t, k)
	if err := k.Ensure(t.Context(), now, now.Add(60*day), now.Add(-20*day)); err != nil {
		t.Fatal(err)
	}
	h.expect(t, slices.Concat([]string{"20251222"}, aroundNow, []string{"20260309"})...)
}

func TestAPartitionHasTheIndexesOfItsTable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	keep(t, h.keeper())
	rows, _ := h.Query(t.Context(), `SELECT c.relname || ' ' || count(i.*) || ' ' || bool_and(x.indisvalid)
		FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid LEFT JOIN pg_inherits i ON i.inhparent = x.indexrelid
		WHERE x.indrelid IN ('sights'::regclass, 'sounds'::regclass) GROUP BY c.relname ORDER BY 1`)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"sights_note 4 true", "sights_pkey 4 true", "sounds_note 4 true", "sounds_pkey 4 true"}; !slices.Equal(got, want) {
		t.Errorf("indexes and how many are attached: %q, want %q", got, want)
	}
}

func TestWhatIsPastRetentionIsDroppedAndStaysAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k, other := h.keeper(), h.keeper()
	old := now.Add(-20 * day) // its week ends on 2025-12-29
	for _, keeper := range []*partition.Keeper{k, other} {
		if err := keeper.Ensure(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.see(t, old); err != nil {
		t.Fatal(err)
	}

	h.now = time.Date(2025, 12, 29, 0, 0, 0, 0, time.UTC).Add(29*day - time.Second)
	keep(t, k)
	if err := h.see(t, old.Add(time.Hour)); err != nil {
		t.Errorf("a partition is gone whose last item is not past retention: %v", err)
	}
	h.now = h.now.Add(time.Second)
	keep(t, k)
	if err := h.see(t, old); !postgres.IsMissingPartition(err) {
		t.Errorf("the partition is there: %v", err)
	}
	if err := k.Ensure(t.Context(), old); !errors.Is(err, partition.ErrBelowFloor) {
		t.Errorf("the one who dropped it got %v", err)
	}
	if err := other.Ensure(t.Context(), old); err != nil {
		t.Errorf("another believes in it until it is told, and got %v", err)
	}
	other.Forget()
	if err := other.Ensure(t.Context(), old); !errors.Is(err, partition.ErrBelowFloor) {
		t.Errorf("then it got %v", err)
	}
}

func TestPartitionsThatTheKeeperDidNotMakeStay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, `CREATE TABLE sights_default PARTITION OF sights DEFAULT`)
	keep(t, h.keeper())
	if err := h.see(t, now.AddDate(-10, 0, 0)); err != nil {
		t.Errorf("the table has lost its default partition: %v", err)
	}
}

func TestAttachingBlocksNoReaderOrWriter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.keeper()
	if err := k.Ensure(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := postgres.InTx(ctx, h, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO sights (id, at) SELECT count(*), $1 FROM sights`, now)
		return errors.Join(err, k.Ensure(ctx, now.Add(7*day))) // it waits for nobody who has read and written
	})
	if err != nil {
		t.Error(err)
	}
}

func TestADropThatIsInSomebodysWayIsPutOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.keeper()
	keep(t, k)
	h.now = now.Add(42 * day)
	err := postgres.InTx(t.Context(), h, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT FROM sights`); err != nil {
			return err
		}
		if err := k.Keep(t.Context()); !postgres.IsLockTimeout(err) {
			t.Errorf("got %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.see(t, now.Add(-7*day)); err != nil {
		t.Errorf("a part was dropped: %v", err)
	}
	keep(t, k)
	if err := h.see(t, now.Add(-7*day)); !postgres.IsMissingPartition(err) {
		t.Errorf("it was not dropped later: %v", err)
	}
}

func TestAFailureIsToldAndLeftToTheNextHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken, err := pgxpool.ParseConfig("postgres://nowhere")
		if err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		broken.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { return refused }
		pool, err := pgxpool.NewWithConfig(t.Context(), broken)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		k := partition.NewKeeper(pool, "ingest", []string{"sights"}, 28*day, time.Now)
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Minute)
		defer cancel()
		var failures int
		err = k.Run(ctx, func(err error) {
			if !errors.Is(err, refused) {
				t.Errorf("got %v", err)
			}
			failures++
		})
		if err != nil || failures != 3 {
			t.Errorf("got %v after %d failures, want 3: at once and every hour", err, failures)
		}
	})
}

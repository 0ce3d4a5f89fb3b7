package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func withStack(item *groupingv1.Item, functions ...string) *groupingv1.Item {
	item.GetOccurrence().GetEvent().Stack = &issuesv1.EventStack{
		Filenames: []string{"cart.py"}, Functions: functions, Lines: []int32{7, 12}, Levels: []int32{0}, InApp: true,
	}
	return item
}

func TestFieldsOfEventsAreStored(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	onMain := false
	plain := occurrence(now, "a")
	rich := withStack(occurrence(now, "a"), "add", "total")
	event := rich.GetOccurrence().GetEvent()
	event.Fields = []*issuesv1.EventField{
		{Name: "http.method", Value: &issuesv1.EventField_Text{Text: "POST"}},
		{Name: "measurements.lcp", Value: &issuesv1.EventField_Number{Number: 2.5}},
	}
	event.Errors = &issuesv1.EventErrors{
		Types: []string{"KeyError"}, Values: []string{"no 'a'"}, Mechanisms: []string{"generic"}, Unhandled: true, MainThread: &onMain,
	}
	failure := errorEvent(t, now, stack("KeyError", "no 'b'", "add"))
	message := errorEvent(t, now, map[string]any{"message": "out of stock"})
	r.judge(t, plain, rich, failure, message)

	type row struct {
		Fields                    map[string]any
		Types, Values, Mechanisms []string
		Unhandled, MainThread     *bool
		Functions                 []string
	}
	yes := true
	for i, want := range []row{
		{},
		{
			map[string]any{"http.method": "POST", "measurements.lcp": 2.5},
			[]string{"KeyError"},
			[]string{"no 'a'"},
			[]string{"generic"},
			&yes, &onMain,
			[]string{"add", "total"},
		},
		{},
		{Fields: map[string]any{"event.type": "default"}},
	} {
		id := []*groupingv1.Item{plain, rich, failure, message}[i].GetItemId()
		rows, err := in.pool(t).Query(t.Context(), `
			SELECT e.fields, e.error_types, e.error_values, e.error_mechanisms, e.unhandled, e.main_thread, s.functions
			FROM event_index e LEFT JOIN stacks s ON s.project_id = e.project_id AND s.digest = e.stack WHERE e.item_id = $1`, id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("item %d (-want +got):\n%s", i, diff)
		}
	}
}

func stackDays(t *testing.T, pool *pgxpool.Pool) (days []string) {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT last_day::text FROM stacks ORDER BY digest`)
	if err != nil {
		t.Fatal(err)
	}
	if days, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	return days
}

func TestEventsShareTheirStackAndKeepIt(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	date := func() string { return in.now().UTC().Format(time.DateOnly) }
	first := date()
	for range 3 {
		r.judge(t, withStack(occurrence(in.now(), "a"), "add"), withStack(occurrence(in.now(), "b"), "add"))
	}
	if diff := cmp.Diff([]string{first}, stackDays(t, in.pool(t))); diff != "" {
		t.Error(diff)
	}

	in.pass(60 * day)
	r.sweep(t)
	r.judge(t, withStack(occurrence(in.now(), "a"), "add"), withStack(occurrence(in.now(), "a"), "add"))
	second := date()
	if diff := cmp.Diff([]string{second}, stackDays(t, in.pool(t))); diff != "" {
		t.Error(diff)
	}

	in.pass(104 * day) // the last day of an event that was seen then
	r.sweep(t)
	if diff := cmp.Diff([]string{second}, stackDays(t, in.pool(t))); diff != "" {
		t.Error(diff)
	}
	in.pass(2 * day)
	r.sweep(t)
	if days := stackDays(t, in.pool(t)); len(days) > 0 {
		t.Errorf("stacks of %v are still there", days)
	}
}

// awaitBlocked returns once somebody waits for a transaction.
func awaitBlocked(t *testing.T, pool *pgxpool.Pool, tx pgx.Tx) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for blocked := false; !blocked; {
		err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid)))`,
			tx.Conn().PgConn().PID()).Scan(&blocked)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// An event and the sweep want the same old stack. Whoever has it first, the event has its stack in the end.
func TestASweepNeverTakesTheStackOfANewEvent(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"the sweep is first": `DELETE FROM stacks WHERE last_day < current_date + 1000`,
		"the event is first": `UPDATE stacks SET last_day = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t)
			r := in.replica(t)
			r.project(t, nil)
			r.judge(t, withStack(occurrence(now, "a"), "add"))
			in.pass(200 * day)
			watch := in.pool(t)
			if err := watch.Ping(t.Context()); err != nil { // connected before anybody waits, whose patience ends after 2 s
				t.Fatal(err)
			}
			tx, err := in.pool(t).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(t.Context())
			args, other := []any{}, func() { r.judge(t, withStack(occurrence(in.now(), "a"), "add")) }
			if name == "the event is first" {
				args, other = []any{in.now()}, func() { r.sweep(t) }
			}
			if _, err := tx.Exec(t.Context(), statement, args...); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() { defer close(done); other() }()
			awaitBlocked(t, watch, tx)
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-done
			if diff := cmp.Diff([]string{in.now().UTC().Format(time.DateOnly)}, stackDays(t, in.pool(t))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// sighting makes an occurrence that somebody saw some hours before noon.
func sighting(hoursAgo int, user, environment string, fingerprint ...string) *groupingv1.Item {
	item := occurrence(now.Add(-time.Duration(hoursAgo)*time.Hour), fingerprint...)
	item.GetOccurrence().Event.User = &issuesv1.User{Id: user}
	item.GetOccurrence().Event.Environment = environment
	return item
}

// numbers gives the rows of a query of searches, each as text.
func (in *installation) numbers(t *testing.T, query string, args ...any) []string {
	t.Helper()
	return rowsOf(t, in.db.Pool(t, provision.SearchReader), query, args...)
}

func rowsOf(t *testing.T, pool *pgxpool.Pool, query string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return strings.TrimSpace(fmt.Sprintln(values...)), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestStatsOfAnIssueAreExactInWhateverBatchesItsItemsCome(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	items := []*groupingv1.Item{
		sighting(0, "ann", "production", "a", "b"), sighting(0, "ann", "production", "b"), sighting(3, "bob", "production", "a"),
		sighting(3, "ann", "staging", "a"), sighting(30, "bob", "production", "a"), sighting(31, "", "production", "b"),
		sighting(0, "cid", "production", "b"), sighting(13, "bob", "production", "a"), sighting(2, "bob", "production", "a"),
	}
	r.assign(t, items[:4]...)
	for _, item := range items[4:] {
		r.assign(t, item)
	}
	r.assign(t, items...)
	id := judgement(t, r.assign(t, items[0])[0]).GetGroupId()

	for query, want := range map[string][]string{
		`SELECT times_seen, users_seen FROM issues WHERE project_id = 1 AND id = $1`: {"9 3"},
		`SELECT to_char(day, 'MM-DD'), environment, sum(events)::int FROM issue_days WHERE project_id = 1 AND group_id = $1
		 GROUP BY 1, 2 ORDER BY 1, 2`: {"05-31 production 3", "06-01 production 5", "06-01 staging 1"},
		`SELECT environment, events, users FROM issue_environment_counts WHERE project_id = 1 AND group_id = $1 ORDER BY 1`: {
			"production 8 3", "staging 1 1",
		},
		`SELECT user_key, environment, to_char(min(first_day), 'MM-DD'), to_char(max(last_day), 'MM-DD') FROM issue_users
		 WHERE project_id = 1 AND group_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`: {
			"id:ann production 06-01 06-01", "id:ann staging 06-01 06-01", "id:bob production 05-31 06-01", "id:cid production 06-01 06-01",
		},
	} {
		if diff := cmp.Diff(want, in.numbers(t, query, id)); diff != "" {
			t.Errorf("%s\n%s", query, diff)
		}
	}
	// Of hours grouping alone wants to know, to see whether an issue escalates.
	const byHour = `SELECT to_char(day + h * interval '1 hour', 'MM-DD HH24'), sum(hours[h])::int
		FROM group_days, generate_series(array_lower(hours, 1), array_upper(hours, 1)) h
		WHERE project_id = 1 AND group_id = $1 AND hours[h] > 0 GROUP BY 1 ORDER BY 1`
	want := []string{"05-31 05 1", "05-31 06 1", "05-31 23 1", "06-01 09 2", "06-01 10 1", "06-01 12 3"}
	if diff := cmp.Diff(want, rowsOf(t, in.pool(t), byHour, id)); diff != "" {
		t.Error(diff)
	}
	var hashes, seen int
	err := in.pool(t).QueryRow(t.Context(), `SELECT count(text), sum(times_seen) FROM hash_counters`).Scan(&hashes, &seen)
	if err != nil || hashes != 2 || seen != 9 {
		t.Errorf("%d hashes have texts, which were seen %d times: %v", hashes, seen, err)
	}
}

func TestATextOfEachHashIsKeptWhereAGroupHasSeveral(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	late := occurrence(now.Add(-time.Minute), "b")
	late.GetOccurrence().Title = "late"
	r.assign(t, occurrence(now.Add(-2*time.Hour), "a", "b"))
	r.assign(t, occurrence(now, "a"))
	r.assign(t, occurrence(now.Add(-time.Hour), "b"))
	r.assign(t, late)
	var got []string
	rows, err := in.pool(t).Query(t.Context(), `SELECT text->>'title' FROM hash_counters ORDER BY last_seen`)
	if err == nil {
		got, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if diff := cmp.Diff([]string{"late", "title of a"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestUsersAreForgottenAfterTheRetentionTime(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	r.assign(t, sighting(0, "ann", "production", "a"), sighting(0, "bob", "production", "a"), sighting(1, "bob", "staging", "a"))
	in.pass(retention - day)
	id := judgement(t, r.assign(t, sighting(-24*int(retention/day-1), "bob", "production", "a"))[0]).GetGroupId()

	for _, step := range []struct {
		pass  time.Duration
		users string
		rows  []string
		known string // users in production
	}{
		{day, "2", []string{"id:ann production", "id:bob production", "id:bob staging"}, "2"},
		{15 * day, "1", []string{"id:bob production"}, "1"},
		{retention, "0", []string{}, "0"},
	} {
		in.pass(step.pass)
		r.sweep(t)
		if got := in.numbers(t, `SELECT users_seen FROM issues WHERE project_id = 1 AND id = $1`, id); got[0] != step.users {
			t.Errorf("after %v, %s users, want %s", step.pass, got[0], step.users)
		}
		got := in.numbers(t, `SELECT user_key, environment FROM issue_users WHERE project_id = 1 AND group_id = $1 ORDER BY 1, 2`, id)
		if diff := cmp.Diff(step.rows, got); diff != "" {
			t.Errorf("after %v, rows of users (-want +got):\n%s", step.pass, diff)
		}
		known := in.numbers(t, `SELECT users FROM issue_environment_counts WHERE project_id = 1 AND group_id = $1 AND environment = 'production'`, id)
		if diff := cmp.Diff([]string{step.known}, known); diff != "" {
			t.Errorf("after %v, users in production (-want +got):\n%s", step.pass, diff)
		}
	}
}

// wronglyCounted gives what is counted of issues in their environments that is not what their events say, or is not known.
func wronglyCounted(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `
SELECT concat_ws(' ', project_id, group_id, environment, counted.events, counted.users, 'want', e.events, e.users)
FROM grouping_read.issue_environment_counts counted FULL JOIN (
    SELECT project_id, group_id, environment, count(*) AS events, count(DISTINCT nullif(user_key, '')) AS users
    FROM event_index GROUP BY 1, 2, 3
) e USING (project_id, group_id, environment)
WHERE (counted.events, counted.users) IS DISTINCT FROM (e.events, e.users)`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func TestWhatNoReplicaCountedByEnvironmentIsCountedByASweep(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	for name, before := range map[string]string{
		"issues from before the migration": `environments = '{}', environments_at = 0`,
		"a replica of the version before":  `environments = '{"production": [1, 1]}', environments_at = 1`,
	} {
		r.assign(t, sighting(0, "ann", "production", "a"), sighting(0, "bob", "production", "a"), sighting(1, "bob", "staging", "a"))
		if _, err := in.pool(t).Exec(t.Context(), `UPDATE group_counters SET `+before); err != nil {
			t.Fatal(err)
		}
		r.assign(t, sighting(0, "cid", "production", "a"))
		if got := in.numbers(t, `SELECT environment, events, users FROM issue_environment_counts`); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
		r.sweep(t)
		r.assign(t, sighting(0, "dan", "staging", "a"), sighting(0, "cid", "production", "a"))
		if wrong, err := wronglyCounted(t.Context(), in.pool(t)); err != nil || len(wrong) > 0 {
			t.Errorf("%s: %v, %v", name, wrong, err)
		}
	}
}

func TestSomeOfManyEnvironmentsAreCounted(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	var items []*groupingv1.Item
	for n := range grouping.MostEnvironments + 2 {
		items = append(items, sighting(1, "ann", fmt.Sprintf("e%02d", n), "a"), sighting(0, "bob", fmt.Sprintf("e%02d", n), "a"))
	}
	r.assign(t, items...)
	r.assign(t, sighting(0, "cid", "e00", "a"), sighting(0, "cid", "e17", "a"))
	told := `SELECT count(*), sum(events)::int, max(users), max(environment) FROM issue_environment_counts`
	if diff := cmp.Diff([]string{"16 33 3 e15"}, in.numbers(t, told)); diff != "" {
		t.Error(diff)
	}
	if _, err := in.pool(t).Exec(t.Context(), `UPDATE group_counters SET environments_at = 0`); err != nil {
		t.Fatal(err)
	}
	r.sweep(t)
	if diff := cmp.Diff([]string{"16 34 3 e17"}, in.numbers(t, told)); diff != "" {
		t.Error(diff)
	}
}

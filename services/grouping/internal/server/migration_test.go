package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/services/grouping/migrations"
)

// What an installation has indexed in the layout before is found, added to and deleted in the new one.
func TestEventsOfTheLayoutBeforeAreTakenOver(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	in.db.Older(t, provision.Grouping, "0022")
	pool := in.pool(t)
	keeper := partition.NewKeeper(pool, migrations.Schema, []string{"judged_items", "event_index", "group_days"}, retention, in.now)
	if err := keeper.Ensure(t.Context(), now, now.Add(-24*time.Hour), now.Add(-14*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	const events = `
INSERT INTO event_index (project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, hash, title, message, culprit,
    transaction, level, platform, environment, release, dist, user_id, user_email, user_name, user_ip, trace_id, span_id, sdk_name, sdk_version, tags)
SELECT 1, 77, $1::timestamptz - n * interval '1 day', 2, gen_random_uuid(), $1, $1, lpad(n::text, 32, '0')::uuid, '', 'title', 'said ' || n, '',
    '', 40, 'go', 'prod', '1.0', '', 'u-' || n, '', '', '', lpad(n::text, 32, 'f')::uuid, '', '', '', jsonb_build_object('n', n::text)
FROM unnest('{0, 1, 14}'::int[]) n`
	if _, err := pool.Exec(t.Context(), events, now); err != nil {
		t.Fatal(err)
	}

	in.db.Migrate(t, provision.Grouping)

	r := in.replica(t)
	r.project(t, nil)
	r.judge(t, occurrence(now, "a"), occurrence(now.Add(-14*24*time.Hour), "a"))
	var said, users string
	err := pool.QueryRow(t.Context(), `
SELECT string_agg(message, ', ' ORDER BY seen_time), string_agg(user_key, ', ' ORDER BY seen_time) FROM grouping_read.events
WHERE group_id = 77 AND tags @> jsonb_build_object('n', right(event_id::text, 2)::int::text) AND environment = 'prod'`).Scan(&said, &users)
	if err != nil || said != "said 14, said 1, said 0" || users != "id:u-14, id:u-1, id:u-0" {
		t.Errorf("%s of %s, %v", said, users, err)
	}
	var all int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM event_index`).Scan(&all); err != nil || all != 5 {
		t.Errorf("%d events, %v", all, err)
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SET enable_seqscan = off`); err != nil { // so that the new indexes are asked
		t.Fatal(err)
	}
	const find = `
SELECT e.message, t.message FROM event_index w JOIN LATERAL (SELECT message FROM event_index WHERE event_id = w.event_id OFFSET 0) e ON true
JOIN LATERAL (SELECT message FROM event_index WHERE trace_id = w.trace_id OFFSET 0) t ON true WHERE w.message = 'said 14'`
	var byEvent, byTrace string
	if err := conn.QueryRow(t.Context(), find).Scan(&byEvent, &byTrace); err != nil || byEvent != "said 14" || byTrace != "said 14" {
		t.Errorf("%q and %q are found, %v", byEvent, byTrace, err)
	}
}

// What was judged in the layout before is known in the new one, and its issue, which has no first event, goes on: merged halfway, its
// events arrive whole.
func TestItemsOfTheLayoutBeforeAreTakenOver(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	in.db.Older(t, provision.Grouping, "0026")
	pool := in.pool(t)
	keeper := partition.NewKeeper(pool, migrations.Schema, []string{"judged_items", "event_index", "group_days"}, retention, in.now)
	if err := keeper.Ensure(t.Context(), now, now.Add(-14*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	const rows = `
INSERT INTO organizations (id, slug, name) VALUES (1, 'o', 'o');
INSERT INTO projects (id, organization_id, slug, name) VALUES (1, 1, 'p', 'p');
INSERT INTO groups (project_id, id, short_id, type, status, substatus, priority, assignee, title, culprit, message, level, platform, metadata,
    first_seen, first_release, active_at, created_at, status_since, version)
SELECT 1, n, n, 1, CASE n WHEN 101 THEN 0 ELSE 5 END, 0, 50, '', 't', '', '', 40, 'go', '{}', '%[1]s', '', '%[1]s', '%[1]s', '%[1]s', 1
FROM generate_series(101, 102) n;
INSERT INTO group_counters (project_id, group_id, times_seen, last_seen, last_item_id, hashes)
VALUES (1, 101, 1, '%[1]s', '%[2]s', 2), (1, 102, 0, '%[1]s', '%[2]s', 0);
INSERT INTO group_hashes (project_id, hash, group_id) VALUES (1, decode(md5('a'), 'hex'), 101), (1, decode(md5('b'), 'hex'), 101);
INSERT INTO hash_counters (project_id, hash, times_seen, first_seen, last_seen, last_item_id, text)
SELECT 1, decode(md5(p), 'hex'), 1, '%[1]s', '%[1]s', '%[2]s', '{"title": "t"}' FROM unnest('{a,b}'::text[]) p;
INSERT INTO judged_items (project_id, kind, item_id, item_time, outcome, group_id, is_new, is_regression)
VALUES (1, 1, '%[2]s', '%[1]s', 1, 101, true, false);
INSERT INTO event_index (project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, hash, title, message, culprit, transaction,
    level, platform, environment, release, dist, user_id, user_email, user_name, user_ip, span_id, sdk_name, sdk_version, tags)
VALUES (1, 102, '%[1]s', 1, '%[2]s', '%[1]s', '%[1]s', '%[2]s', decode(md5('b'), 'hex'), 't', '', 'c', '/t', 40, 'go', '', '', '', '', '', '', '',
    '00f067aa0ba902b7', 'sdk', '1', '{}');
INSERT INTO moves (project_id, kind, source_id, destination_id, leads_to, status, substatus, phase, created_at) VALUES (1, 1, 102, 101, 101, 0, 3, 2, '%[1]s');
INSERT INTO moved_hashes (project_id, move_id, hash) SELECT 1, id, decode(md5('b'), 'hex') FROM moves`
	item := occurrence(now, "a")
	if _, err := pool.Exec(t.Context(), fmt.Sprintf(rows, now.Format(time.RFC3339), item.GetItemId())); err != nil {
		t.Fatal(err)
	}

	in.db.Migrate(t, provision.Grouping)

	r := in.replica(t)
	later := mishap(0, "", "a")
	if j := r.judge(t, item, later, occurrence(now.Add(-14*24*time.Hour), "c")); !j[0].GetRepeated() || !j[0].GetIsNew() || j[0].GetGroupId() != 101 ||
		j[1].GetGroupId() != 101 || j[1].GetIsNew() || !j[2].GetIsNew() {
		t.Errorf("judged %v", j)
	}
	r.sweep(t)
	got := in.numbers(t, `
SELECT e.group_id, h.hash = decode(md5('a'), 'hex'), e.culprit, e.platform, e.span_id, e.sdk_version, e.item_time = e.seen_time FROM grouping_read.events e
JOIN grouping_read.event_hashes h ON h.item_id = e.item_id WHERE e.group_id IN (101, 102) ORDER BY h.hash`)
	if diff := cmp.Diff([]string{"101 true     true", "101 false c go 00f067aa0ba902b7 1 true"}, got); diff != "" {
		t.Error(diff)
	}
	if left := in.numbers(t, `SELECT count(*) FROM grouping_read.issue_redirects`); left[0] != "1" {
		t.Errorf("%s merges are told", left)
	}
}

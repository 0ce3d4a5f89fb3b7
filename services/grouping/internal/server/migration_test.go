package server_test

import (
	"testing"
	"time"

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

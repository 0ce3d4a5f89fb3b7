// Package counted fills what the grouping service counts of issues (days, users, counters) from the event index, where a
// test or a benchmark wrote events in grouping's place.
package counted

// SQL counts the groups $1 anew; all when it is null. Groups without events stay as they are.
const SQL = `
WITH wanted AS (
    SELECT e.project_id, e.group_id, e.seen_time, e.environment, e.user_key, coalesce(e.hash, g.first_hash) AS hash
    FROM event_index e LEFT JOIN groups g ON g.project_id = e.project_id AND g.id = e.group_id
    WHERE $1::bigint[] IS NULL OR e.group_id = ANY($1)
), hours AS (
    SELECT project_id, group_id, environment, hash, date_trunc('day', seen_time, 'UTC') AS day,
           extract(hour FROM seen_time AT TIME ZONE 'UTC')::int AS hour, count(*)::int AS n
    FROM wanted GROUP BY 1, 2, 3, 4, 5, 6
), days AS (
    INSERT INTO group_days (project_id, group_id, environment, day, hash, events, hours)
    SELECT project_id, group_id, environment, day, hash, sum(n),
           (SELECT ('[0:23]={' || string_agg(coalesce((SELECT h.n FROM unnest(array_agg(hour), array_agg(n)) AS h (hour, n) WHERE h.hour = place), 0)::text,
                                             ',' ORDER BY place) || '}')::integer[] FROM generate_series(0, 23) place)
    FROM hours GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (project_id, group_id, environment, day, hash) DO UPDATE SET events = excluded.events, hours = excluded.hours
), gone AS (
    DELETE FROM group_users u USING (SELECT DISTINCT project_id, group_id FROM wanted) w
    WHERE u.project_id = w.project_id AND u.group_id = w.group_id
), people AS (
    INSERT INTO group_users (project_id, group_id, user_key, environment, hash, first_day, last_day)
    SELECT project_id, group_id, user_key, environment, hash, min(seen_time AT TIME ZONE 'UTC')::date, max(seen_time AT TIME ZONE 'UTC')::date
    FROM wanted WHERE user_key <> '' GROUP BY 1, 2, 3, 4, 5
), sums AS (
    SELECT project_id, group_id, count(*) AS n, min(seen_time) AS first, max(seen_time) AS last,
           count(DISTINCT user_key) FILTER (WHERE user_key <> '') AS users, count(DISTINCT hash) AS hashes FROM wanted GROUP BY 1, 2
), environments AS (
    SELECT project_id, group_id, json_object_agg(environment, json_build_array(n, users)) AS counts FROM (
        SELECT project_id, group_id, environment, count(*) AS n, count(DISTINCT user_key) FILTER (WHERE user_key <> '') AS users
        FROM wanted GROUP BY 1, 2, 3
    ) e GROUP BY 1, 2
), counters AS (
    UPDATE group_counters c SET times_seen = s.n, last_seen = s.last, users_seen = s.users, hashes = s.hashes,
           environments = e.counts, environments_at = s.n
    FROM sums s JOIN environments e USING (project_id, group_id) WHERE c.project_id = s.project_id AND c.group_id = s.group_id
)
UPDATE groups g SET first_seen = s.first FROM sums s WHERE g.project_id = s.project_id AND g.id = s.group_id`

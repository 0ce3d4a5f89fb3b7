SELECT g.id, counted.events, CASE WHEN g.last_seen >= $9 THEN (SELECT count(DISTINCT nullif(e.user_key, '')) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6)
  WHEN $10 - g.first_seen < g.last_seen - $11 THEN g.users_seen - (
    SELECT count(DISTINCT u.user_key) FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day < ($7::timestamptz AT TIME ZONE 'UTC')::date
      AND NOT EXISTS (SELECT FROM issue_users o WHERE o.project_id = u.project_id AND o.group_id = u.group_id AND o.user_key = u.user_key AND o.last_day >= ($7::timestamptz AT TIME ZONE 'UTC')::date)
      AND NOT EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.user_key = u.user_key))
  ELSE (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day >= ($7::timestamptz AT TIME ZONE 'UTC')::date
    UNION SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.user_key <> ''
  ) remaining) END, counted.first, counted.last
FROM unnest($12::bigint[], $13::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
CROSS JOIN LATERAL (SELECT
  (SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE d.project_id = g.project_id AND d.group_id = g.id AND d.day >= $7 AND d.day < $8)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4) AS events,
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6 ORDER BY e.seen_time LIMIT 1) AS first,
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6 ORDER BY e.seen_time DESC LIMIT 1) AS last
) counted
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-05-17 00:00:00 +0000 UTC
-- $3 = 2026-06-15 00:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC
-- $5 = 2026-05-16 12:00:00 +0000 UTC
-- $6 = 2026-06-15 12:00:00 +0000 UTC
-- $7 = 2026-05-17 00:00:00 +0000 UTC
-- $8 = 2026-06-15 00:00:00 +0000 UTC
-- $9 = 2026-06-15 12:00:00 +0000 UTC
-- $10 = 2026-05-16 12:00:00 +0000 UTC
-- $11 = 2026-05-16 12:00:00 +0000 UTC
-- $12 = [1 2]
-- $13 = [5 6]

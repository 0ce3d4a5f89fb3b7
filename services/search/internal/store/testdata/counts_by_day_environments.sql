SELECT g.id, counted.events, CASE WHEN g.last_seen >= $12 THEN (SELECT count(DISTINCT nullif(e.user_key, '')) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $7 AND e.seen_time < $8 AND e.environment = ANY($9))
  ELSE (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.environment = ANY($13) AND u.last_day >= ($10::timestamptz AT TIME ZONE 'UTC')::date
    UNION SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.environment = ANY($3) AND e.user_key <> ''
  ) remaining) END, counted.first, counted.last
FROM unnest($14::bigint[], $15::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
CROSS JOIN LATERAL (SELECT
  (SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE d.project_id = g.project_id AND d.group_id = g.id AND d.day >= $10 AND d.day < $11 AND d.environment = ANY($13))
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.environment = ANY($3))
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $4 AND e.seen_time < $5 AND e.environment = ANY($6)) AS events,
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $7 AND e.seen_time < $8 AND e.environment = ANY($9) ORDER BY e.seen_time LIMIT 1) AS first,
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $7 AND e.seen_time < $8 AND e.environment = ANY($9) ORDER BY e.seen_time DESC LIMIT 1) AS last
) counted
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-05-17 00:00:00 +0000 UTC
-- $3 = [prod]
-- $4 = 2026-06-15 00:00:00 +0000 UTC
-- $5 = 2026-06-15 12:00:00 +0000 UTC
-- $6 = [prod]
-- $7 = 2026-05-16 12:00:00 +0000 UTC
-- $8 = 2026-06-15 12:00:00 +0000 UTC
-- $9 = [prod]
-- $10 = 2026-05-17 00:00:00 +0000 UTC
-- $11 = 2026-06-15 00:00:00 +0000 UTC
-- $12 = 2026-06-15 12:00:00 +0000 UTC
-- $13 = [prod]
-- $14 = [1 2]
-- $15 = [5 6]

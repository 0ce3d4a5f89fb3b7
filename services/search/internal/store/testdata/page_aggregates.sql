SELECT * FROM (
SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version,
       m.events::float8 AS score, m.events, m.users, m.first_seen AS match_first_seen, m.last_seen AS match_last_seen
FROM issues g
CROSS JOIN LATERAL (
  SELECT count(*) AS events, count(DISTINCT nullif(CASE WHEN e.user_id <> '' THEN 'id:' || e.user_id WHEN e.user_email <> '' THEN 'email:' || e.user_email WHEN e.user_name <> '' THEN 'username:' || e.user_name WHEN e.user_ip <> '' THEN 'ip:' || e.user_ip ELSE '' END, '')) AS users, min(e.seen_time) AS first_seen, max(e.seen_time) AS last_seen
  FROM events e
  WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4
    AND e.level = ANY($5::smallint[])
  HAVING count(*) > 0 AND count(*)::float8 > $6 AND max(e.seen_time) >= $7
) m
WHERE g.project_id = ANY($1) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($2::int[])
) scored
ORDER BY score DESC, id DESC
LIMIT $8
-- $1 = [1 2]
-- $2 = [6001]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC
-- $5 = [40]
-- $6 = 5
-- $7 = 2026-06-15 11:00:00 +0000 UTC
-- $8 = 101

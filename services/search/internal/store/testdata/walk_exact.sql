SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, m.score
FROM issue_hours w
JOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id
CROSS JOIN LATERAL (
  SELECT (extract(epoch FROM n.last) * 1000000)::float8 AS score FROM (SELECT CASE WHEN g.last_seen < $2 THEN g.last_seen ELSE (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4 ORDER BY e.seen_time DESC LIMIT 1) END AS last) n WHERE n.last >= $5
) m
WHERE w.project_id = ANY($6) AND w.last_seen_hour >= $7 AND w.last_seen_hour < $8
  AND g.project_id = ANY($9) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($10::int[])
  AND g.status = ANY($1::int[])
ORDER BY m.score DESC, g.id DESC
LIMIT $11
-- $1 = [1]
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC
-- $5 = 2026-06-15 11:00:00 +0000 UTC
-- $6 = [1 2]
-- $7 = 2026-06-15 11:00:00 +0000 UTC
-- $8 = 9999-01-01 00:00:00 +0000 UTC
-- $9 = [1 2]
-- $10 = [6001]
-- $11 = 101

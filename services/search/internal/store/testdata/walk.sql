SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, m.score
FROM issue_hours w
JOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id
CROSS JOIN LATERAL (
  SELECT (extract(epoch FROM e.seen_time) * 1000000)::float8 AS score FROM events e
  WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $2 AND e.seen_time < $3
  AND e.level = ANY($1::smallint[])
  ORDER BY e.seen_time DESC LIMIT 1
) m
WHERE w.project_id = ANY($4) AND w.last_seen_hour >= $5 AND w.last_seen_hour < $6
  AND g.project_id = ANY($7) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($8::int[])
ORDER BY m.score DESC, g.id DESC
LIMIT $9
-- $1 = [40]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = [1 2]
-- $5 = 2026-06-15 11:00:00 +0000 UTC
-- $6 = 2026-06-15 12:00:00 +0000 UTC
-- $7 = [1 2]
-- $8 = [6001]
-- $9 = 101

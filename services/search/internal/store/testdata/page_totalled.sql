SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, s.score, s.events, s.users, s.first, s.last, s.total
FROM (
SELECT project_id, id, score, events, users, first, last, count(*) OVER () AS total FROM (
SELECT e.project_id, e.group_id AS id,
       count(*)::float8 AS score, count(*) AS events, count(DISTINCT nullif(e.user_key, '')) AS users, min(e.seen_time) AS first, max(e.seen_time) AS last
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND e.level = ANY($5::smallint[])
GROUP BY e.project_id, e.group_id
) scored
ORDER BY score DESC, id DESC
LIMIT $6
) s
JOIN issues g ON g.project_id = s.project_id AND g.id = s.id
ORDER BY s.score DESC, s.id DESC
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = [40]
-- $6 = 101

SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, s.score
FROM (
SELECT project_id, id, score FROM (
SELECT e.project_id, e.group_id AS id,
       count(DISTINCT nullif(e.user_key, ''))::float8 AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND e.release ILIKE $5
  AND (e.environment <> $6 AND e.environment <> '')
  AND e.level = ANY($7::smallint[])
  AND e.user_key <> $8
  AND e.tags @> $9::jsonb
  AND NOT ((e.tags @> $10::jsonb OR e.tags @> $11::jsonb))
  AND coalesce(e.tags ->> $12, '') <> $13
  AND (e.message ILIKE ANY($14::text[]) OR e.title ILIKE ANY($14::text[]) OR g.type <> $15::int AND g.message ILIKE ANY($14::text[]))
GROUP BY e.project_id, e.group_id
) scored
ORDER BY score DESC, id DESC
LIMIT $16
) s
JOIN issues g ON g.project_id = s.project_id AND g.id = s.id
ORDER BY s.score DESC, s.id DESC
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = 1.%
-- $6 = dev
-- $7 = [40 50]
-- $8 = 
-- $9 = {"browser":"Chrome"}
-- $10 = {"os":"a"}
-- $11 = {"os":"b"}
-- $12 = shop
-- $13 = 
-- $14 = [%boom%]
-- $15 = 1
-- $16 = 101

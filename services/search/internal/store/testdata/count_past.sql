SELECT count(*) FROM (
SELECT FROM issue_hours w
JOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id
WHERE w.project_id = ANY($1) AND w.last_seen_hour >= $2
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($3::int[])
  AND w.last_seen >= $4 AND g.first_seen < $5 AND (w.last_seen < $5 OR g.first_seen >= $4 OR EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $6 AND e.seen_time < $7))
  AND g.status = ANY($8::int[])
LIMIT $9
) counted
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = [6001]
-- $4 = 2026-06-15 11:00:00 +0000 UTC
-- $5 = 2026-06-15 12:00:00 +0000 UTC
-- $6 = 2026-06-15 11:00:00 +0000 UTC
-- $7 = 2026-06-15 12:00:00 +0000 UTC
-- $8 = [1]
-- $9 = 1001

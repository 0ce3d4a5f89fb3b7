SELECT count(*) FROM (
SELECT FROM issues g
WHERE g.project_id = ANY($2) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($3::int[])
  AND EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $4 AND e.seen_time < $5
  AND e.level = ANY($1::smallint[]))
LIMIT $6
) counted
-- $1 = [40]
-- $2 = [1 2]
-- $3 = [6001]
-- $4 = 2026-06-15 11:00:00 +0000 UTC
-- $5 = 2026-06-15 12:00:00 +0000 UTC
-- $6 = 1001

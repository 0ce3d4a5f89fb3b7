SELECT count(*) FROM (
SELECT FROM issues g
WHERE g.project_id = ANY($4) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($5::int[])
  AND EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $2 AND e.seen_time < $3
  AND e.level = ANY($1::smallint[]))
LIMIT $6
) counted
-- $1 = [40]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = [1 2]
-- $5 = [6001]
-- $6 = 1001

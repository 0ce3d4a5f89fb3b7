SELECT count(*) FROM (
SELECT FROM issues g
WHERE g.project_id = ANY($1) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($2::int[])
  AND EXISTS (
  SELECT 1
  FROM events e
  WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4
  HAVING count(*) > 0 AND count(*)::float8 > $5
)
LIMIT $6
) counted
-- $1 = [1 2]
-- $2 = [6001]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC
-- $5 = 5
-- $6 = 1001

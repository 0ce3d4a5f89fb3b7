SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, count(*)::float8 AS score
FROM events e WHERE e.project_id = ANY($1) AND e.seen_time >= $2 AND e.seen_time < $3
  AND e.level = ANY($4::smallint[])
GROUP BY e.project_id, e.group_id
HAVING count(*)::float8 > $5
   AND max(e.seen_time) >= $6
) m
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($7::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $8
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = [40]
-- $5 = 5
-- $6 = 2026-06-15 11:00:00 +0000 UTC
-- $7 = [6001]
-- $8 = 101

SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, count(*)::float8 AS score
FROM (VALUES ($1::bigint, $2::uuid[]), ($3::bigint, $4::uuid[])) k (project_id, digests)
JOIN events e ON e.project_id = k.project_id AND e.stack = ANY(k.digests)
WHERE e.seen_time >= $5 AND e.seen_time < $6
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.modules @> $7::text[])
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($8::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $9
-- $1 = 1
-- $2 = [[1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0] [2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]]
-- $3 = 2
-- $4 = [[3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]]
-- $5 = 2026-06-15 11:00:00 +0000 UTC
-- $6 = 2026-06-15 12:00:00 +0000 UTC
-- $7 = [a]
-- $8 = [6001]
-- $9 = 101

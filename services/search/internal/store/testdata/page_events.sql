SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, count(DISTINCT nullif(e.user_key, '') COLLATE "C")::float8 AS score
FROM events e WHERE e.project_id = ANY($1) AND e.seen_time >= $2 AND e.seen_time < $3
  AND e.release ILIKE $4
  AND (e.environment <> $5 AND e.environment <> '')
  AND e.level = ANY($6::smallint[])
  AND e.user_key <> $7
  AND e.tags @> $8::jsonb
  AND NOT ((e.tags @> $9::jsonb OR e.tags @> $10::jsonb))
  AND coalesce(e.tags ->> $11, '') <> $12
  AND (e.message ILIKE ANY($13::text[]) OR e.title ILIKE ANY($13::text[]) OR EXISTS (SELECT FROM issues o WHERE o.project_id = e.project_id AND o.id = e.group_id AND o.type <> 1 AND o.message ILIKE ANY($13::text[])))
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($14::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $15
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = 1.%
-- $5 = dev
-- $6 = [40 50]
-- $7 = 
-- $8 = {"browser":"Chrome"}
-- $9 = {"os":"a"}
-- $10 = {"os":"b"}
-- $11 = shop
-- $12 = 
-- $13 = [%boom%]
-- $14 = [6001]
-- $15 = 101

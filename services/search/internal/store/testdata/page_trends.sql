SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, greatest(0.01, 1 / power(2, least(16, date_part('epoch', $1::timestamptz - min(e.seen_time)) / 3600 / 12::float8)))
         * greatest(0.01, ln(1 + sum((power(2, -date_part('epoch', $1::timestamptz - e.seen_time) / 3600 / 4::float8) * 1e15)::bigint)::float8 / 1e15))
         * greatest(0.01, 1::float8 * count(*) FILTER (WHERE e.seen_time >= $2) / (count(*) FILTER (WHERE e.seen_time >= $3) + 1) / 10) AS score
FROM events e WHERE e.project_id = ANY($4) AND e.seen_time >= $5 AND e.seen_time < $6
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($7::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $8
-- $1 = 2026-06-15 12:00:00 +0000 UTC
-- $2 = 2026-06-15 11:59:24 +0000 UTC
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = [1 2]
-- $5 = 2026-06-15 11:00:00 +0000 UTC
-- $6 = 2026-06-15 12:00:00 +0000 UTC
-- $7 = [6001]
-- $8 = 101

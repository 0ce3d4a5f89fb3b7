SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(e.seen_time) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM events e WHERE e.project_id = ANY($1) AND e.seen_time >= $2 AND e.seen_time < $3
  AND e.level = ANY($4::smallint[])
GROUP BY e.project_id, e.group_id
) m
WHERE m.id NOT IN (SELECT unnest($6::bigint[]))
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($5::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $7
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = [40]
-- $5 = [6001]
-- $6 = [5 6 7]
-- $7 = 998

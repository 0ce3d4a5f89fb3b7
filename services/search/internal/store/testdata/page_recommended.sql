SELECT m.project_id, m.id, m.score
FROM (
SELECT e.project_id, e.group_id AS id, 0.3::float8 * power(2, -greatest(0, extract(epoch FROM $1::timestamptz - max(e.seen_time))::float8) / 3600 / 24::float8)
         + 0.2::float8 * least(1, count(*) FILTER (WHERE e.seen_time > $2)::float8 / (count(*) FILTER (WHERE e.seen_time > $3)::float8 + 1))
         + 0.2::float8 * CASE max(e.level) WHEN 50 THEN 1 WHEN 40 THEN 0.75 WHEN 30 THEN 0.5 WHEN 20 THEN 0.25 ELSE 0 END::float8
         + 0.2::float8 * least(1, ln(count(DISTINCT nullif(e.user_key, '') COLLATE "C")::float8 + 1) / ln(1001::float8))
         + 0.1::float8 * least(1, ln(count(*)::float8 + 1) / ln(10001::float8))
         + 0.1::float8 * bool_or(g.type = ANY($4::int[]))::int AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6
WHERE g.project_id = ANY($7) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($8::int[])
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $9
-- $1 = 2026-06-15 12:00:00 +0000 UTC
-- $2 = 2026-06-15 06:00:00 +0000 UTC
-- $3 = 2026-06-12 12:00:00 +0000 UTC
-- $4 = [4001 4002 4003 7001]
-- $5 = 2026-06-15 11:00:00 +0000 UTC
-- $6 = 2026-06-15 12:00:00 +0000 UTC
-- $7 = [1 2]
-- $8 = [6001]
-- $9 = 101

SELECT m.project_id, m.id, m.score
FROM (
SELECT g.project_id, g.id, greatest(0.01, 1 / power(2, least(16, date_part('epoch', $2::timestamptz - (CASE WHEN g.first_seen >= $1 THEN g.first_seen ELSE (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $8 AND e.seen_time < $9 ORDER BY e.seen_time LIMIT 1) END)) / 3600 / 12::float8)))
         * greatest(0.01, ln(1 + coalesce(t.freshness, 0)))
         * greatest(0.01, 1::float8 * coalesce(t.recent, 0) / (coalesce(t.overall, 0) + 1) / 10) AS score
FROM issues g
JOIN (
  SELECT e.project_id, e.group_id, sum((power(2, -date_part('epoch', $2::timestamptz - e.seen_time) / 3600 / 4::float8) * 1e15)::bigint)::float8 / 1e15 AS freshness, count(*) FILTER (WHERE e.seen_time >= $3) AS recent, count(*) FILTER (WHERE e.seen_time >= $4) AS overall
  FROM events e WHERE e.project_id = ANY($5) AND e.seen_time >= $6 AND e.seen_time < $7
  GROUP BY e.project_id, e.group_id
) t ON t.project_id = g.project_id AND t.group_id = g.id
WHERE g.project_id = ANY($10) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($11::int[])
  AND g.last_seen >= $12 AND g.first_seen < $13 AND (g.last_seen < $13 OR g.first_seen >= $12 OR EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $14 AND e.seen_time < $15))
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $16
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-08 12:00:00 +0000 UTC
-- $5 = [1 2]
-- $6 = 2026-06-01 12:00:00 +0000 UTC
-- $7 = 2026-06-15 12:01:00 +0000 UTC
-- $8 = 2026-05-16 12:00:00 +0000 UTC
-- $9 = 2026-06-15 12:01:00 +0000 UTC
-- $10 = [1 2]
-- $11 = [6001]
-- $12 = 2026-05-16 12:00:00 +0000 UTC
-- $13 = 2026-06-15 12:01:00 +0000 UTC
-- $14 = 2026-05-16 12:00:00 +0000 UTC
-- $15 = 2026-06-15 12:01:00 +0000 UTC
-- $16 = 101

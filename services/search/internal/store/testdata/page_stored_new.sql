SELECT m.project_id, m.id, m.score
FROM (
SELECT g.project_id, g.id, (round(date_part('epoch', (CASE WHEN g.first_seen >= $1 THEN g.first_seen ELSE (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $2 AND e.seen_time < $3 ORDER BY e.seen_time LIMIT 1) END) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM issues g
WHERE g.project_id = ANY($5) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($6::int[])
  AND g.status = ANY($4::int[])
  AND g.last_seen >= $7 AND g.first_seen < $8 AND (g.last_seen < $8 OR g.first_seen >= $7 OR EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $9 AND e.seen_time < $10))
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $11
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-05-16 12:00:00 +0000 UTC
-- $3 = 2026-06-15 12:01:00 +0000 UTC
-- $4 = [1]
-- $5 = [1 2]
-- $6 = [6001]
-- $7 = 2026-05-16 12:00:00 +0000 UTC
-- $8 = 2026-06-15 12:01:00 +0000 UTC
-- $9 = 2026-05-16 12:00:00 +0000 UTC
-- $10 = 2026-06-15 12:01:00 +0000 UTC
-- $11 = 101

SELECT m.project_id, m.id, m.score
FROM (
SELECT g.project_id, g.id, (CASE WHEN g.first_seen >= $1 AND g.last_seen < $2 THEN g.times_seen ELSE ((SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE d.project_id = g.project_id AND d.group_id = g.id AND d.day >= $7 AND d.day < $8)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6)) END)::float8 AS score
FROM issues g
WHERE g.project_id = ANY($9) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($10::int[])
  AND g.last_seen >= $11 AND g.first_seen < $12 AND (g.last_seen < $12 OR g.first_seen >= $11 OR EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $13 AND e.seen_time < $14))
) m
WHERE (m.score, m.id) < ($15, $16)
ORDER BY m.score DESC, m.id DESC
LIMIT $17
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-06-15 12:01:00 +0000 UTC
-- $3 = 2026-05-16 12:00:00 +0000 UTC
-- $4 = 2026-05-17 00:00:00 +0000 UTC
-- $5 = 2026-06-15 00:00:00 +0000 UTC
-- $6 = 2026-06-15 12:01:00 +0000 UTC
-- $7 = 2026-05-17 00:00:00 +0000 UTC
-- $8 = 2026-06-15 00:00:00 +0000 UTC
-- $9 = [1 2]
-- $10 = [6001]
-- $11 = 2026-05-16 12:00:00 +0000 UTC
-- $12 = 2026-06-15 12:01:00 +0000 UTC
-- $13 = 2026-05-16 12:00:00 +0000 UTC
-- $14 = 2026-06-15 12:01:00 +0000 UTC
-- $15 = 5
-- $16 = 7
-- $17 = 101

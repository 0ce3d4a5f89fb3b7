SELECT coalesce(avg(CASE WHEN TRUE
  AND e.level = ANY($1::smallint[]) THEN 1 ELSE 0 END), 0)::float8
FROM (
  SELECT w.project_id, w.group_id FROM issue_hours w WHERE w.project_id = ANY($2) AND w.last_seen_hour < $3
  ORDER BY w.last_seen_hour DESC LIMIT $4
) k
JOIN issues g ON g.project_id = k.project_id AND g.id = k.group_id
CROSS JOIN LATERAL (
  SELECT e.* FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6
  ORDER BY e.seen_time DESC LIMIT $7
) e
-- $1 = [40]
-- $2 = [1 2]
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = 50
-- $5 = 2026-06-15 11:00:00 +0000 UTC
-- $6 = 2026-06-15 12:00:00 +0000 UTC
-- $7 = 20

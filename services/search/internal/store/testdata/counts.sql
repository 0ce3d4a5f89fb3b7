SELECT g.id, count(*), count(DISTINCT nullif(e.user_key, '')), min(e.seen_time), max(e.seen_time)
FROM unnest($1::bigint[], $2::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4
  AND e.level = ANY($5::smallint[])
GROUP BY g.id
-- $1 = [1 2]
-- $2 = [5 6]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC
-- $5 = [40]

SELECT g.id, c.*
FROM unnest($2::bigint[], $3::bigint[]) AS g (project_id, id)
CROSS JOIN LATERAL (
  SELECT count(*), count(DISTINCT nullif(e.user_key, '') COLLATE "C"), min(e.seen_time), max(e.seen_time)
  FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $4 AND e.seen_time < $5
  AND e.level = ANY($1::smallint[])
) c
-- $1 = [40]
-- $2 = [1 2]
-- $3 = [5 6]
-- $4 = 2026-06-15 11:00:00 +0000 UTC
-- $5 = 2026-06-15 12:00:00 +0000 UTC

SELECT g.id, c.*
FROM unnest($1::bigint[], $2::bigint[]) AS g (project_id, id)
CROSS JOIN LATERAL (
  SELECT count(*), count(DISTINCT nullif(e.user_key, '') COLLATE "C"), min(e.seen_time), max(e.seen_time)
  FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4
) c
-- $1 = [1 2]
-- $2 = [5 6]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC

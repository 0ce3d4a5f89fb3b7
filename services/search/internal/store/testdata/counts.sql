SELECT g.id, count(*), count(DISTINCT nullif(CASE WHEN e.user_id <> '' THEN 'id:' || e.user_id WHEN e.user_email <> '' THEN 'email:' || e.user_email WHEN e.user_name <> '' THEN 'username:' || e.user_name WHEN e.user_ip <> '' THEN 'ip:' || e.user_ip ELSE '' END, '')), min(e.seen_time), max(e.seen_time),
       count(*) FILTER (WHERE c.matches), count(DISTINCT nullif(CASE WHEN e.user_id <> '' THEN 'id:' || e.user_id WHEN e.user_email <> '' THEN 'email:' || e.user_email WHEN e.user_name <> '' THEN 'username:' || e.user_name WHEN e.user_ip <> '' THEN 'ip:' || e.user_ip ELSE '' END, '')) FILTER (WHERE c.matches), min(e.seen_time) FILTER (WHERE c.matches), max(e.seen_time) FILTER (WHERE c.matches)
FROM unnest($2::bigint[], $3::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $4 AND e.seen_time < $5
CROSS JOIN LATERAL (SELECT (e.level = ANY($1::smallint[])) AS matches) c
GROUP BY g.id
-- $1 = [40]
-- $2 = [1 2]
-- $3 = [5 6]
-- $4 = 2026-06-15 11:00:00 +0000 UTC
-- $5 = 2026-06-15 12:00:00 +0000 UTC

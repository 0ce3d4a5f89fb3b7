SELECT k.id, count(*), count(DISTINCT nullif(CASE WHEN e.user_id <> '' THEN 'id:' || e.user_id WHEN e.user_email <> '' THEN 'email:' || e.user_email WHEN e.user_name <> '' THEN 'username:' || e.user_name WHEN e.user_ip <> '' THEN 'ip:' || e.user_ip ELSE '' END, '')), min(e.seen_time), max(e.seen_time)
FROM unnest($1::bigint[], $2::bigint[]) AS k (project_id, id)
JOIN events e ON e.project_id = k.project_id AND e.group_id = k.id AND e.seen_time >= $3 AND e.seen_time < $4
GROUP BY k.id
-- $1 = [1 2]
-- $2 = [5 6]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC

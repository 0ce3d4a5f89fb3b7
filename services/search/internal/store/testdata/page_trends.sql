SELECT * FROM (
SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version,
       greatest(0.01, 1 / power(2, least(16, ($5::bigint - extract(epoch FROM m.first_seen))::float8 / 3600 / 12.0::float8))) * greatest(0.01, ln(1 + m.freshness)) * greatest(0.01, 1.0::float8 * m.recent / (m.overall + 1) / 10) AS score, m.events, m.users, m.first_seen AS match_first_seen, m.last_seen AS match_last_seen
FROM issues g
CROSS JOIN LATERAL (
  SELECT count(*) AS events, count(DISTINCT nullif(CASE WHEN e.user_id <> '' THEN 'id:' || e.user_id WHEN e.user_email <> '' THEN 'email:' || e.user_email WHEN e.user_name <> '' THEN 'username:' || e.user_name WHEN e.user_ip <> '' THEN 'ip:' || e.user_ip ELSE '' END, '')) AS users, min(e.seen_time) AS first_seen, max(e.seen_time) AS last_seen, sum(power(2, -($6::bigint - extract(epoch FROM e.seen_time))::float8 / 3600 / 4.0::float8) ORDER BY e.seen_time, e.kind, e.item_id) AS freshness, count(*) FILTER (WHERE ($6::bigint - extract(epoch FROM e.seen_time))::float8 <= $7::bigint) AS recent, count(*) FILTER (WHERE ($6::bigint - extract(epoch FROM e.seen_time))::float8 <= $8::bigint) AS overall
  FROM events e
  WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4
  HAVING count(*) > 0
) m
WHERE g.project_id = ANY($1) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($2::int[])
) scored
ORDER BY score DESC, id DESC
LIMIT $9
-- $1 = [1 2]
-- $2 = [6001]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC
-- $5 = 1781524800
-- $6 = 1781524800
-- $7 = 36
-- $8 = 3600
-- $9 = 101

SELECT m.project_id, m.id, m.score
FROM (
SELECT g.project_id, g.id, (CASE WHEN g.first_seen >= $1 AND g.last_seen < $2 THEN g.users_seen
  WHEN g.last_seen >= $2 THEN (SELECT count(DISTINCT nullif(e.user_key, '') COLLATE "C") FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4)
  WHEN $1 - g.first_seen < g.last_seen - $1 THEN g.users_seen - (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day < $7::date
    EXCEPT SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6
  ) gone WHERE (SELECT TRUE FROM issue_users o WHERE o.project_id = g.project_id AND o.group_id = g.id AND o.user_key = gone.user_key AND hashtextextended(o.user_key, o.group_id) = hashtextextended(gone.user_key, g.id) AND o.last_day >= $7::date LIMIT 1) IS NULL)
  ELSE (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day >= $10::date
    UNION SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $8 AND e.seen_time < $9 AND e.user_key <> ''
  ) remaining) END)::float8 AS score
FROM issues g
WHERE g.project_id = ANY($11) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($12::int[])
  AND g.last_seen >= $13 AND g.first_seen < $14 AND (g.last_seen < $14 OR g.first_seen >= $13 OR EXISTS (SELECT FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $15 AND e.seen_time < $16))
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $17
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-06-15 12:01:00 +0000 UTC
-- $3 = 2026-05-16 12:00:00 +0000 UTC
-- $4 = 2026-06-15 12:01:00 +0000 UTC
-- $5 = 2026-05-16 12:00:00 +0000 UTC
-- $6 = 2026-05-17 00:00:00 +0000 UTC
-- $7 = 2026-05-17 00:00:00 +0000 UTC
-- $8 = 2026-05-16 12:00:00 +0000 UTC
-- $9 = 2026-05-17 00:00:00 +0000 UTC
-- $10 = 2026-05-17 00:00:00 +0000 UTC
-- $11 = [1 2]
-- $12 = [6001]
-- $13 = 2026-05-16 12:00:00 +0000 UTC
-- $14 = 2026-06-15 12:01:00 +0000 UTC
-- $15 = 2026-05-16 12:00:00 +0000 UTC
-- $16 = 2026-06-15 12:01:00 +0000 UTC
-- $17 = 101

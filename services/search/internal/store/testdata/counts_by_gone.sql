SELECT g.id, ((SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE d.project_id = g.project_id AND d.group_id = g.id AND d.day >= $5 AND d.day < $6)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4)), g.users_seen - (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day < $9::date
    EXCEPT SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $7 AND e.seen_time < $8
  ) gone WHERE (SELECT TRUE FROM issue_users o WHERE o.project_id = g.project_id AND o.group_id = g.id AND o.user_key = gone.user_key AND hashtextextended(o.user_key, o.group_id) = hashtextextended(gone.user_key, g.id) AND o.last_day >= $9::date LIMIT 1) IS NULL),
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $10 AND e.seen_time < $11 ORDER BY e.seen_time LIMIT 1),
  g.last_seen
FROM unnest($12::bigint[], $13::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-05-17 00:00:00 +0000 UTC
-- $3 = 2026-06-15 00:00:00 +0000 UTC
-- $4 = 2026-06-15 12:01:00 +0000 UTC
-- $5 = 2026-05-17 00:00:00 +0000 UTC
-- $6 = 2026-06-15 00:00:00 +0000 UTC
-- $7 = 2026-05-16 12:00:00 +0000 UTC
-- $8 = 2026-05-17 00:00:00 +0000 UTC
-- $9 = 2026-05-17 00:00:00 +0000 UTC
-- $10 = 2026-05-16 12:00:00 +0000 UTC
-- $11 = 2026-06-15 12:01:00 +0000 UTC
-- $12 = [1 2]
-- $13 = [5 6]

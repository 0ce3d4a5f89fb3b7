SELECT g.id, ((SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE d.project_id = g.project_id AND d.group_id = g.id AND d.day >= $10 AND d.day < $11 AND d.environment = $12)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $4 AND e.seen_time < $5 AND e.environment = $6)
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $7 AND e.seen_time < $8 AND e.environment = $9)), c.users - (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day < $16::date AND u.environment = $17
    EXCEPT SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $13 AND e.seen_time < $14 AND e.environment = $15
  ) gone WHERE (SELECT TRUE FROM issue_users o WHERE o.project_id = g.project_id AND o.group_id = g.id AND o.user_key = gone.user_key AND hashtextextended(o.user_key, o.group_id) = hashtextextended(gone.user_key, g.id) AND o.last_day >= $16::date AND o.environment = $18 LIMIT 1) IS NULL),
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $19 AND e.seen_time < $20 AND e.environment = $21 ORDER BY e.seen_time LIMIT 1),
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.environment = $3 ORDER BY e.seen_time DESC LIMIT 1)
FROM unnest($22::bigint[], $23::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
JOIN issue_environment_counts c ON c.project_id = g.project_id AND c.group_id = g.id AND c.environment = $24
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-06-15 12:01:00 +0000 UTC
-- $3 = prod
-- $4 = 2026-05-16 12:00:00 +0000 UTC
-- $5 = 2026-05-17 00:00:00 +0000 UTC
-- $6 = prod
-- $7 = 2026-06-15 00:00:00 +0000 UTC
-- $8 = 2026-06-15 12:01:00 +0000 UTC
-- $9 = prod
-- $10 = 2026-05-17 00:00:00 +0000 UTC
-- $11 = 2026-06-15 00:00:00 +0000 UTC
-- $12 = prod
-- $13 = 2026-05-16 12:00:00 +0000 UTC
-- $14 = 2026-05-17 00:00:00 +0000 UTC
-- $15 = prod
-- $16 = 2026-05-17 00:00:00 +0000 UTC
-- $17 = prod
-- $18 = prod
-- $19 = 2026-05-16 12:00:00 +0000 UTC
-- $20 = 2026-06-15 12:01:00 +0000 UTC
-- $21 = prod
-- $22 = [1 2]
-- $23 = [5 6]
-- $24 = prod

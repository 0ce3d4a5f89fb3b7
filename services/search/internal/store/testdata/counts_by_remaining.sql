SELECT g.id, ((SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE d.project_id = g.project_id AND d.group_id = g.id AND d.day >= $7 AND d.day < $8 AND d.environment = ANY($9))
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.environment = ANY($3))
  + (SELECT count(*) FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $4 AND e.seen_time < $5 AND e.environment = ANY($6))), (SELECT count(*) FROM (
    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day >= $13::date AND u.environment = ANY($14)
    UNION SELECT e.user_key FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $10 AND e.seen_time < $11 AND e.environment = ANY($12) AND e.user_key <> ''
  ) remaining),
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $15 AND e.seen_time < $16 AND e.environment = ANY($17) ORDER BY e.seen_time LIMIT 1),
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $18 AND e.seen_time < $19 AND e.environment = ANY($20) ORDER BY e.seen_time DESC LIMIT 1)
FROM unnest($21::bigint[], $22::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
-- $1 = 2026-05-16 12:00:00 +0000 UTC
-- $2 = 2026-05-17 00:00:00 +0000 UTC
-- $3 = [prod]
-- $4 = 2026-06-15 00:00:00 +0000 UTC
-- $5 = 2026-06-15 12:01:00 +0000 UTC
-- $6 = [prod]
-- $7 = 2026-05-17 00:00:00 +0000 UTC
-- $8 = 2026-06-15 00:00:00 +0000 UTC
-- $9 = [prod]
-- $10 = 2026-05-16 12:00:00 +0000 UTC
-- $11 = 2026-05-17 00:00:00 +0000 UTC
-- $12 = [prod]
-- $13 = 2026-05-17 00:00:00 +0000 UTC
-- $14 = [prod]
-- $15 = 2026-05-16 12:00:00 +0000 UTC
-- $16 = 2026-06-15 12:01:00 +0000 UTC
-- $17 = [prod]
-- $18 = 2026-05-16 12:00:00 +0000 UTC
-- $19 = 2026-06-15 12:01:00 +0000 UTC
-- $20 = [prod]
-- $21 = [1 2]
-- $22 = [5 6]

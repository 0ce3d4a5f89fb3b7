SELECT g.id, c.events, c.users,
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.environment = $1 AND e.seen_time >= g.first_seen AND e.seen_time <= g.last_seen ORDER BY e.seen_time LIMIT 1),
  (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.environment = $2 AND e.seen_time >= g.first_seen AND e.seen_time <= g.last_seen ORDER BY e.seen_time DESC LIMIT 1)
FROM unnest($3::bigint[], $4::bigint[]) AS k (project_id, id)
JOIN issues g ON g.project_id = k.project_id AND g.id = k.id
JOIN issue_environment_counts c ON c.project_id = g.project_id AND c.group_id = g.id AND c.environment = $5
-- $1 = prod
-- $2 = prod
-- $3 = [1 2]
-- $4 = [5 6]
-- $5 = prod

SELECT m.project_id, m.id, m.score
FROM (
SELECT e.project_id, e.group_id AS id, count(*)::float8 AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 AND e.environment = ANY($3)
WHERE g.project_id = ANY($4) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($5::int[])
  AND EXISTS (SELECT FROM issue_environments i WHERE i.project_id = g.project_id AND i.group_id = g.id AND i.environment = ANY($6) AND i.first_release = $7)
  AND NOT (EXISTS (SELECT FROM issue_environments i WHERE i.project_id = g.project_id AND i.group_id = g.id AND i.environment = ANY($8) AND i.first_seen >= $9))
  AND NOT (EXISTS (SELECT FROM issue_environments i WHERE i.project_id = g.project_id AND i.group_id = g.id AND i.environment = ANY($10) AND i.first_release = ANY($11::text[])))
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $12
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [prod ]
-- $4 = [1 2]
-- $5 = [6001]
-- $6 = [prod ]
-- $7 = 1.0
-- $8 = [prod ]
-- $9 = 2026-06-14 12:00:00 +0000 UTC
-- $10 = [prod ]
-- $11 = [1.1 1.2]
-- $12 = 101

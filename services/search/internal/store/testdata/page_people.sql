SELECT m.project_id, m.id, m.score
FROM (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(e.seen_time) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND (g.assignee = '' OR g.assignee = ANY(ARRAY(SELECT unnest($5::text[])
    UNION ALL SELECT 'team:' || t.id FROM teams t WHERE t.organization_id = $6 AND lower(t.slug) = ANY($7::text[]) AND EXISTS (SELECT FROM team_projects p WHERE p.organization_id = t.organization_id AND p.team_id = t.id AND p.project_id = ANY($8))
    UNION ALL SELECT 'team:' || m.team_id FROM team_members m WHERE m.organization_id = $9 AND m.user_id = $10
    UNION ALL SELECT 'user:' || u.id FROM users u WHERE u.organization_id = $12 AND (lower(u.username) = ANY($11::text[]) OR lower(u.email) = ANY($11::text[])))))
  AND (g.assignee = ANY(ARRAY(SELECT unnest($13::text[]))) OR g.assignee = '' AND EXISTS (SELECT FROM issue_owners o WHERE o.project_id = g.project_id AND o.group_id = g.id AND o.owner = ANY(ARRAY(SELECT unnest($13::text[])))))
  AND NOT (EXISTS (SELECT FROM bookmarks r WHERE r.project_id = g.project_id AND r.group_id = g.id AND 'user:' || r.user_id = ANY(ARRAY(SELECT unnest($14::text[])))))
  AND NOT ((NOT EXISTS (SELECT FROM subscriptions r WHERE r.project_id = g.project_id AND r.group_id = g.id AND r.is_active) OR EXISTS (SELECT FROM subscriptions r WHERE r.project_id = g.project_id AND r.group_id = g.id AND r.is_active AND 'user:' || r.user_id = ANY(ARRAY(SELECT unnest($15::text[]))))))
  AND EXISTS (SELECT FROM issue_links l WHERE l.project_id = g.project_id AND l.group_id = g.id)
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $16
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = [user:1]
-- $6 = 1
-- $7 = [core]
-- $8 = [1 2]
-- $9 = 1
-- $10 = 1
-- $11 = [ann]
-- $12 = 1
-- $13 = [user:2]
-- $14 = [user:1]
-- $15 = []
-- $16 = 101

SELECT m.project_id, m.id, m.score
FROM (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(g.inbox_added_at) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND g.inbox_added_at IS NOT NULL
  AND g.inbox_reason IS NOT NULL
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $5
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = 101

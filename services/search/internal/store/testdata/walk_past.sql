SELECT g.project_id, g.id, (round(date_part('epoch', n.last - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000)
FROM issue_hours w
JOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id
CROSS JOIN LATERAL (SELECT (SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2 ORDER BY e.seen_time DESC LIMIT 1) AS last OFFSET 0) n
WHERE w.project_id = ANY($6) AND w.last_seen_hour >= $7 AND w.last_seen >= $8
  AND n.last IS NOT NULL AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($9::int[])
  AND g.status = ANY($3::int[])
  AND (n.last, g.id) < ($4, $5)
ORDER BY n.last DESC, g.id DESC
LIMIT $10
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1]
-- $4 = 1970-01-01 00:00:00.000005 +0000 UTC
-- $5 = 7
-- $6 = [1 2]
-- $7 = 2026-06-15 12:00:00 +0000 UTC
-- $8 = 2026-06-15 12:00:00 +0000 UTC
-- $9 = [6001]
-- $10 = 101

SELECT g.id, floor((extract(epoch FROM e.seen_time) - $1::bigint) / $2::bigint)::int AS place, count(*)
FROM unnest($3::bigint[], $4::bigint[]) AS g (project_id, id)
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $5 AND e.seen_time < $6
GROUP BY g.id, place
-- $1 = 1781442000
-- $2 = 3600
-- $3 = [1 2]
-- $4 = [5 6]
-- $5 = 2026-06-14 13:00:00 +0000 UTC
-- $6 = 2026-06-15 13:00:00 +0000 UTC

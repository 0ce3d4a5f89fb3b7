SELECT k.id, floor((extract(epoch FROM e.seen_time) - $3::bigint) / $4::bigint)::int AS place, count(*)
FROM unnest($1::bigint[], $2::bigint[]) AS k (project_id, id)
JOIN events e ON e.project_id = k.project_id AND e.group_id = k.id AND e.seen_time >= $5 AND e.seen_time < $6
GROUP BY k.id, place
-- $1 = [1 2]
-- $2 = [5 6]
-- $3 = 1781442000
-- $4 = 3600
-- $5 = 2026-06-14 13:00:00 +0000 UTC
-- $6 = 2026-06-15 13:00:00 +0000 UTC

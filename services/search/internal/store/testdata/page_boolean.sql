WITH m AS (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(e.seen_time) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND NOT (((g.project_id, g.short_id) IN (SELECT project_id, short_id FROM unnest($5::bigint[], $6::bigint[]) AS named (project_id, short_id)) OR g.project_id = ANY($7::bigint[])))
  AND (e.release = $8 OR g.status = ANY($9::int[]))
GROUP BY e.project_id, e.group_id
)
SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, m.score
FROM (SELECT * FROM m ORDER BY score DESC, id DESC
LIMIT $10) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $10
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = [1]
-- $6 = [79]
-- $7 = [2]
-- $8 = 1.0
-- $9 = [1]
-- $10 = 101

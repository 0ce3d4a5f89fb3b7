SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, (round(date_part('epoch', w.last_seen - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000)
FROM (SELECT w.project_id, w.group_id, w.last_seen FROM issue_hours w WHERE w.project_id = ANY($1)
  AND w.last_seen_hour >= $2 AND w.last_seen_hour < $3
  AND w.last_seen >= $4 AND w.last_seen < $5 AND (w.last_seen, w.group_id) < ($6, $7)) w
JOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id
WHERE g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($9::int[])
  AND g.status = ANY($8::int[])
ORDER BY w.last_seen DESC, w.group_id DESC
LIMIT $10
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = 2026-06-15 11:00:00 +0000 UTC
-- $5 = 2026-06-15 12:00:00 +0000 UTC
-- $6 = 1970-01-01 00:00:00.000005 +0000 UTC
-- $7 = 7
-- $8 = [1]
-- $9 = [6001]
-- $10 = 101

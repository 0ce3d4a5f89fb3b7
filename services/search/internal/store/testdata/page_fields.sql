SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version, g.users_seen, s.score
FROM (
SELECT project_id, id, score FROM (
SELECT e.project_id, e.group_id AS id,
       (extract(epoch FROM max(e.seen_time)) * 1000000)::float8 AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND coalesce(e.fields ->> $5, '') = $6
  AND NOT (coalesce(e.fields ->> $7, '') ILIKE $8)
  AND coalesce(CASE WHEN jsonb_typeof(e.fields -> $9) = 'number' THEN (e.fields -> $9)::float8 END > $10, FALSE)
  AND NOT ((e.fields -> $11) IS NULL)
  AND e.tags @> $12::jsonb
  AND (g.type <> ALL($13::int[]) AND e.unhandled IS TRUE)
  AND coalesce(e.tags ->> 'device.class', '') = ANY($14::text[])
  AND date_trunc('day', e.seen_time, 'UTC') >= $15
  AND CASE WHEN e.kind = 1 THEN 'generic' ELSE coalesce(e.fields ->> 'event.type', 'error') END = $16
  AND CASE WHEN e.kind = 1 THEN replace(e.item_id::text, '-', '') ELSE '' END = $17
  AND (g.type <> ALL($18::int[]) AND e.main_thread IS TRUE)
GROUP BY e.project_id, e.group_id
) scored
ORDER BY score DESC, id DESC
LIMIT $19
) s
JOIN issues g ON g.project_id = s.project_id AND g.id = s.id
ORDER BY s.score DESC, s.id DESC
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = http.method
-- $6 = POST
-- $7 = device.arch
-- $8 = arm%
-- $9 = measurements.lcp
-- $10 = 2000
-- $11 = spans.db
-- $12 = {"url":"/a"}
-- $13 = [1001 1004 1006 1007 1008 1009 1010 1011 1012 1013 1015 1016 1017 1018 1019 2001 2002 2003 2004 2006 2007 2008 2009 2010 2011]
-- $14 = [1 3]
-- $15 = 2026-06-15 00:00:00 +0000 UTC
-- $16 = error
-- $17 = 
-- $18 = [1001 1004 1006 1007 1008 1009 1010 1011 1012 1013 1015 1016 1017 1018 1019 2001 2002 2003 2004 2006 2007 2008 2009 2010 2011]
-- $19 = 101

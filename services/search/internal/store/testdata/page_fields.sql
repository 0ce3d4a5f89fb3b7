SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(e.seen_time) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM events e WHERE e.project_id = ANY($1) AND e.seen_time >= $2 AND e.seen_time < $3
  AND coalesce(e.fields ->> $4, '') = $5
  AND NOT (coalesce(e.fields ->> $6, '') ILIKE $7)
  AND coalesce(CASE WHEN jsonb_typeof(e.fields -> $8) = 'number' THEN (e.fields -> $8)::float8 END > $9, FALSE)
  AND NOT ((e.fields -> $10) IS NULL)
  AND e.tags @> $11::jsonb
  AND (e.unhandled IS TRUE AND NOT EXISTS (SELECT FROM issues o WHERE o.project_id = e.project_id AND o.id = e.group_id AND o.type <> 1 AND o.type = ANY($12::int[])))
  AND coalesce(e.tags ->> 'device.class', '') = ANY($13::text[])
  AND date_trunc('day', e.seen_time, 'UTC') >= $14
  AND CASE WHEN e.kind = 1 THEN 'generic' ELSE coalesce(e.fields ->> 'event.type', 'error') END = $15
  AND CASE WHEN e.kind = 1 THEN replace(e.item_id::text, '-', '') ELSE '' END = $16
  AND (e.main_thread IS TRUE AND NOT EXISTS (SELECT FROM issues o WHERE o.project_id = e.project_id AND o.id = e.group_id AND o.type <> 1 AND o.type = ANY($17::int[])))
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($18::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $19
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = http.method
-- $5 = POST
-- $6 = device.arch
-- $7 = arm%
-- $8 = measurements.lcp
-- $9 = 2000
-- $10 = spans.db
-- $11 = {"url":"/a"}
-- $12 = [1001 1004 1006 1007 1008 1009 1010 1011 1012 1013 1015 1016 1017 1018 1019 2001 2002 2003 2004 2006 2007 2008 2009 2010 2011]
-- $13 = [1 3]
-- $14 = 2026-06-15 00:00:00 +0000 UTC
-- $15 = error
-- $16 = 
-- $17 = [1001 1004 1006 1007 1008 1009 1010 1011 1012 1013 1015 1016 1017 1018 1019 2001 2002 2003 2004 2006 2007 2008 2009 2010 2011]
-- $18 = [6001]
-- $19 = 101

SELECT m.project_id, m.id, m.score
FROM (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(e.seen_time) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM issues g
JOIN events e ON e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $1 AND e.seen_time < $2
WHERE g.project_id = ANY($3) AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($4::int[])
  AND EXISTS (SELECT FROM history h WHERE h.project_id = g.project_id AND h.group_id = g.id AND h.status = 7 AND (h.release = ANY($5::text[]) OR (h.project_id, h.release) IN (SELECT project_id, version FROM unnest($6::bigint[], $7::text[]) AS latest (project_id, version))))
  AND (e.release = ANY($8::text[]) OR (e.project_id, e.release) IN (SELECT project_id, version FROM unnest($9::bigint[], $10::text[]) AS latest (project_id, version)))
  AND EXISTS (SELECT FROM releases r WHERE r.project_id = e.project_id AND r.version = e.release AND r.major IS NOT NULL AND r.package = $11 AND (r.major, r.minor, r.patch, r.revision, r.prerelease_key) >= ($12::bigint, $13::bigint, $14::bigint, $15::bigint, prerelease_key($16) COLLATE "C"))
  AND NOT (EXISTS (SELECT FROM releases r WHERE r.project_id = e.project_id AND r.version = e.release AND r.major IS NOT NULL AND r.major = $17::bigint))
  AND EXISTS (SELECT FROM releases r WHERE r.project_id = e.project_id AND r.version = e.release AND r.package = ANY($18::text[]))
  AND EXISTS (SELECT FROM releases r WHERE r.project_id = e.project_id AND r.version = e.release AND r.build_number > $19::bigint)
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC
LIMIT $20
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = []
-- $6 = []
-- $7 = []
-- $8 = [1.0]
-- $9 = []
-- $10 = []
-- $11 = app
-- $12 = 1
-- $13 = 2
-- $14 = 3
-- $15 = 0
-- $16 = rc.1
-- $17 = 1
-- $18 = [app]
-- $19 = 7
-- $20 = 101

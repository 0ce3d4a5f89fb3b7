-- newest first
SELECT trace_id, max(end_time) AS matched, 0
FROM spans
WHERE organization_id = $1 AND end_time >= $2 AND end_time < $3
GROUP BY trace_id
ORDER BY matched DESC, trace_id DESC
LIMIT $4;
--   $1 = 1
--   $2 = 2026-03-01 11:00:00 +0000 UTC
--   $3 = 2026-03-01 12:00:00 +0000 UTC
--   $4 = 10

-- oldest first, a later page of some projects and environments
SELECT trace_id, min(end_time) AS matched, 0
FROM spans
WHERE organization_id = $3 AND end_time >= $4 AND end_time < $5 AND project_id = ANY ($6) AND environment = ANY ($7)
GROUP BY trace_id
HAVING (min(end_time), trace_id) > ($1::timestamptz, $2::uuid)
ORDER BY matched ASC, trace_id ASC
LIMIT $8;
--   $1 = 2026-03-01 12:00:00 +0000 UTC
--   $2 = [1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]
--   $3 = 1
--   $4 = 2026-03-01 11:00:00 +0000 UTC
--   $5 = 2026-03-01 12:00:00 +0000 UTC
--   $6 = [1 2]
--   $7 = [production]
--   $8 = 10

-- one query
SELECT trace_id, max(end_time) AS matched, 0
FROM spans
WHERE organization_id = $1 AND end_time >= $2 AND end_time < $3
	AND (((op = $4::text) AND (coalesce((end_nanos - start_nanos)::float8 / 1e6 > $5::float8, FALSE))))
GROUP BY trace_id
ORDER BY matched DESC, trace_id DESC
LIMIT $6;
--   $1 = 1
--   $2 = 2026-03-01 11:00:00 +0000 UTC
--   $3 = 2026-03-01 12:00:00 +0000 UTC
--   $4 = db
--   $5 = 1000
--   $6 = 10

-- several queries, a later page
SELECT trace_id, max(end_time) AS matched, 0
FROM spans
WHERE organization_id = $3 AND end_time >= $4 AND end_time < $5
	AND ((op = $6::text) OR (NOT (attributes @> $7::jsonb OR attributes @> $8::jsonb)))
GROUP BY trace_id
HAVING bool_or((op = $6::text))
	AND bool_or((NOT (attributes @> $7::jsonb OR attributes @> $8::jsonb)))
	AND (max(end_time), trace_id) < ($1::timestamptz, $2::uuid)
ORDER BY matched DESC, trace_id DESC
LIMIT $9;
--   $1 = 2026-03-01 12:00:00 +0000 UTC
--   $2 = [1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]
--   $3 = 1
--   $4 = 2026-03-01 11:00:00 +0000 UTC
--   $5 = 2026-03-01 12:00:00 +0000 UTC
--   $6 = db
--   $7 = {"color":"blue"}
--   $8 = {"resource.color":"blue"}
--   $9 = 10

-- every kind of filter
SELECT trace_id, max(end_time) AS matched, 0
FROM spans
WHERE organization_id = $1 AND end_time >= $2 AND end_time < $3
	AND (((description ILIKE $4::text) AND ((project_id = ANY ($5::bigint[])) OR (NOT (status = ANY ($6::int[])))) AND NOT (is_segment = $7::boolean) AND (end_time >= $8) AND (coalesce(coalesce(CASE jsonb_typeof(attributes -> $9::text) WHEN 'number' THEN (attributes -> $9::text)::float8 END, CASE jsonb_typeof(attributes -> $10::text) WHEN 'number' THEN (attributes -> $10::text)::float8 END, CASE jsonb_typeof(attributes -> $11::text) WHEN 'number' THEN (attributes -> $11::text)::float8 END, CASE jsonb_typeof(attributes -> $12::text) WHEN 'number' THEN (attributes -> $12::text)::float8 END) > $13::float8, FALSE)) AND (parent_id IS NULL) AND (coalesce(span_id = ANY ($14::bytea[]), FALSE)) AND (trace_id = ANY ($15::uuid[])) AND (coalesce(attributes ->> $16::text, attributes ->> $17::text, '') LIKE $18::text) AND (attributes @> $19::jsonb OR attributes @> $20::jsonb OR attributes @> $21::jsonb OR attributes @> $22::jsonb) AND (attributes @> $23::jsonb OR attributes @> $24::jsonb OR attributes @> $25::jsonb OR attributes @> $26::jsonb OR attributes @> $27::jsonb OR attributes @> $28::jsonb) AND (coalesce(attributes ->> $29::text, attributes ->> $30::text, '') = $31::text)))
GROUP BY trace_id
ORDER BY matched DESC, trace_id DESC
LIMIT $32;
--   $1 = 1
--   $2 = 2026-03-01 11:00:00 +0000 UTC
--   $3 = 2026-03-01 12:00:00 +0000 UTC
--   $4 = %a%
--   $5 = [1]
--   $6 = [0 1]
--   $7 = true
--   $8 = 2026-02-28 12:00:00 +0000 UTC
--   $9 = measurements.lcp
--   $10 = lcp
--   $11 = resource.measurements.lcp
--   $12 = resource.lcp
--   $13 = 1
--   $14 = [[0 0 0 0 0 0 0 170]]
--   $15 = [[0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 170]]
--   $16 = color
--   $17 = resource.color
--   $18 = b%\_
--   $19 = {"flag":"true"}
--   $20 = {"flag":true}
--   $21 = {"resource.flag":"true"}
--   $22 = {"resource.flag":true}
--   $23 = {"weight":"1"}
--   $24 = {"weight":1}
--   $25 = {"resource.weight":"1"}
--   $26 = {"resource.weight":1}
--   $27 = {"weight":"x"}
--   $28 = {"resource.weight":"x"}
--   $29 = shape
--   $30 = resource.shape
--   $31 = 
--   $32 = 10

-- longest first, a later page
WITH matching AS (
SELECT trace_id, max(end_time) AS matched
FROM spans
WHERE organization_id = $3 AND end_time >= $4 AND end_time < $5 AND project_id = ANY ($6) AND environment = ANY ($7)
	AND ((op = $8::text))
GROUP BY trace_id)
SELECT trace_id, max(matched), max(end_nanos) - min(start_nanos) AS took
FROM matching JOIN spans USING (trace_id)
WHERE organization_id = $9 AND end_time >= $10 AND end_time < $11 AND environment = ANY ($12)
GROUP BY trace_id
HAVING (max(end_nanos) - min(start_nanos), trace_id) < ($1::bigint, $2::uuid)
ORDER BY took DESC, trace_id DESC
LIMIT $13;
--   $1 = 0
--   $2 = [1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]
--   $3 = 1
--   $4 = 2026-03-01 11:00:00 +0000 UTC
--   $5 = 2026-03-01 12:00:00 +0000 UTC
--   $6 = [1 2]
--   $7 = [production]
--   $8 = db
--   $9 = 1
--   $10 = 2026-02-28 11:00:00 +0000 UTC
--   $11 = 2026-03-02 12:00:00 +0000 UTC
--   $12 = [production]
--   $13 = 10

-- counts
SELECT trace_id, count(*), count(*) FILTER (WHERE ((op = $5::text))), min(start_nanos), max(end_nanos)
FROM spans
WHERE organization_id = $1 AND end_time >= $2 AND end_time < $3 AND trace_id = ANY ($4)
GROUP BY trace_id;
--   $1 = 1
--   $2 = 2026-03-01 11:00:00 +0000 UTC
--   $3 = 2026-03-01 12:00:00 +0000 UTC
--   $4 = [[1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0] [2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]]
--   $5 = db

-- segments
SELECT trace_id, project_id, sdk_name, op, transaction, is_root, start_nanos, end_nanos
FROM (
	SELECT trace_id, project_id, sdk_name, op, transaction, parent_id IS NULL AS is_root, start_nanos, end_nanos,
		row_number() OVER (PARTITION BY trace_id ORDER BY start_nanos, end_nanos DESC, project_id, span_id) AS place
	FROM spans
	WHERE organization_id = $1 AND end_time >= $2 AND end_time < $3 AND trace_id = ANY ($4) AND is_segment) AS segments
WHERE place <= $5
ORDER BY trace_id, place;
--   $1 = 1
--   $2 = 2026-03-01 11:00:00 +0000 UTC
--   $3 = 2026-03-01 12:00:00 +0000 UTC
--   $4 = [[1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0] [2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]]
--   $5 = 100

-- spans of a trace, a later page
SELECT organization_id, project_id, trace_id, span_id, parent_id, segment_id, is_segment, kind, status,
	start_nanos, end_nanos, self_nanos, name, op, description, category, transaction, service, environment, release,
	user_tag, sdk_name, attributes, events, links, ARRAY[(end_nanos - start_nanos)::text, start_nanos::text, end_nanos::text, span_id::text, project_id::text]
FROM spans
WHERE organization_id = $1 AND end_time >= $2 AND end_time < $3
	AND trace_id = $4::uuid
	AND ((op = $5::text) OR (attributes @> $6::jsonb OR attributes @> $7::jsonb))
	AND ((end_nanos - start_nanos) < $8::text::bigint OR (end_nanos - start_nanos) = $8::text::bigint AND (start_nanos > $9::text::bigint OR start_nanos = $9::text::bigint AND (end_nanos > $10::text::bigint OR end_nanos = $10::text::bigint AND (span_id > $11::text::bytea OR span_id = $11::text::bytea AND project_id > $12::text::bigint))))
ORDER BY (end_nanos - start_nanos) DESC, start_nanos, end_nanos, span_id, project_id
LIMIT $13;
--   $1 = 1
--   $2 = 2026-03-01 11:00:00 +0000 UTC
--   $3 = 2026-03-01 12:00:00 +0000 UTC
--   $4 = [1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]
--   $5 = db
--   $6 = {"color":"blue"}
--   $7 = {"resource.color":"blue"}
--   $8 = 5
--   $9 = 1
--   $10 = 6
--   $11 = \x00000000000000aa
--   $12 = 1
--   $13 = 10


SELECT m.project_id, m.id, m.score
FROM (SELECT * FROM (
SELECT e.project_id, e.group_id AS id, (round(date_part('epoch', max(e.seen_time) - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000) AS score
FROM events e WHERE e.project_id = ANY($1) AND e.seen_time >= $2 AND e.seen_time < $3
  AND coalesce(e.error_types, '{}') @> $4::text[]
  AND NOT (EXISTS (SELECT FROM unnest(coalesce(e.error_values, '{}')) AS element WHERE element LIKE $5))
  AND coalesce(e.error_mechanisms, '{}') && $6::text[]
  AND cardinality(coalesce(e.error_types, '{}')) > 0
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.functions @> $7::text[])
  AND NOT (EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND EXISTS (SELECT FROM unnest(k.filenames) AS element WHERE element LIKE $8)))
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.modules && $9::text[])
  AND NOT (EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND cardinality(k.packages) > 0))
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND EXISTS (SELECT FROM unnest(k.lines) AS element WHERE element::float8 >= $10))
  AND NOT (EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND EXISTS (SELECT FROM unnest(k.columns) AS element WHERE element::float8 = ANY($11::float8[]))))
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.in_app)
GROUP BY e.project_id, e.group_id
) m
ORDER BY m.score DESC, m.id DESC) m
CROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id
  AND g.status NOT IN (3, 4, 5)
  AND g.type <> ALL($12::int[]) OFFSET 0) g
ORDER BY m.score DESC, m.id DESC
LIMIT $13
-- $1 = [1 2]
-- $2 = 2026-06-15 11:00:00 +0000 UTC
-- $3 = 2026-06-15 12:00:00 +0000 UTC
-- $4 = [KeyError]
-- $5 = %a%
-- $6 = [a b]
-- $7 = [add]
-- $8 = %.py
-- $9 = [a b]
-- $10 = 7
-- $11 = [1 2]
-- $12 = [6001]
-- $13 = 101

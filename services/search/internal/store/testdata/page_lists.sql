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
  AND coalesce(e.error_types, '{}') @> $5::text[]
  AND NOT (EXISTS (SELECT FROM unnest(coalesce(e.error_values, '{}')) AS element WHERE element LIKE $6))
  AND coalesce(e.error_mechanisms, '{}') && $7::text[]
  AND cardinality(coalesce(e.error_types, '{}')) > 0
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.functions @> $8::text[])
  AND NOT (EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND EXISTS (SELECT FROM unnest(k.filenames) AS element WHERE element LIKE $9)))
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.modules && $10::text[])
  AND NOT (EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND cardinality(k.packages) > 0))
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND EXISTS (SELECT FROM unnest(k.lines) AS element WHERE element::float8 >= $11))
  AND NOT (EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND EXISTS (SELECT FROM unnest(k.columns) AS element WHERE element::float8 = ANY($12::float8[]))))
  AND EXISTS (SELECT FROM stacks k WHERE k.project_id = e.project_id AND k.digest = e.stack AND k.in_app)
GROUP BY e.project_id, e.group_id
) scored
ORDER BY score DESC, id DESC
LIMIT $13
) s
JOIN issues g ON g.project_id = s.project_id AND g.id = s.id
ORDER BY s.score DESC, s.id DESC
-- $1 = 2026-06-15 11:00:00 +0000 UTC
-- $2 = 2026-06-15 12:00:00 +0000 UTC
-- $3 = [1 2]
-- $4 = [6001]
-- $5 = [KeyError]
-- $6 = %a%
-- $7 = [a b]
-- $8 = [add]
-- $9 = %.py
-- $10 = [a b]
-- $11 = 7
-- $12 = [1 2]
-- $13 = 101

SELECT project_id, array_agg(digest) FROM (SELECT k.project_id, k.digest FROM stacks k
WHERE k.project_id = ANY($1) AND k.functions && $2::text[]
LIMIT $3) few GROUP BY project_id
-- $1 = [1 2]
-- $2 = [add remove]
-- $3 = 2001

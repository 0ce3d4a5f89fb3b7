SELECT g.id, e.project_id, e.event_id, e.seen_time, e.received_at, e.title, e.message, e.culprit, e.transaction, e.level, e.platform,
       e.environment, e.release, e.dist, e.user_id, e.user_email, e.user_name, e.user_ip, e.trace_id, e.span_id,
       e.sdk_name, e.sdk_version, e.tags, e.fields, e.error_types, e.error_values, e.error_mechanisms, e.unhandled, e.main_thread
FROM unnest($1::bigint[], $2::bigint[]) AS g (project_id, id)
CROSS JOIN LATERAL (
  SELECT e.* FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id AND e.seen_time >= $3 AND e.seen_time < $4
  ORDER BY e.seen_time DESC, e.kind DESC, e.item_id DESC LIMIT 1
) e
-- $1 = [1 2]
-- $2 = [5 6]
-- $3 = 2026-06-15 11:00:00 +0000 UTC
-- $4 = 2026-06-15 12:00:00 +0000 UTC

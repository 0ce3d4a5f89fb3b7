-- +goose Up

-- Every issue has its counters. The join says LEFT, so that a search that asks nothing of them leaves them out.
CREATE OR REPLACE VIEW grouping_read.issues AS
SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.priority_locked_at, g.assignee,
       g.title, g.culprit, g.message, g.level, g.platform, g.metadata, g.first_seen, g.first_release, g.active_at,
       g.resolved_at, g.created_at, g.version, c.times_seen, c.last_seen, i.reason AS inbox_reason,
       i.added_at AS inbox_added_at, c.users_seen, c.hashes
FROM groups g
LEFT JOIN group_counters c ON c.project_id = g.project_id AND c.group_id = g.id
LEFT JOIN inbox i ON i.project_id = g.project_id AND i.group_id = g.id;

-- Of an issue that is no error some conditions on events ask its type or text: of errors, which are most, this index says
-- that it is none.
CREATE INDEX groups_no_errors ON groups (project_id, id) WHERE type <> 1;

-- Users of an environment are counted in the index alone.
DROP INDEX group_users_last_day;
CREATE INDEX group_users_last_day ON group_users (group_id, last_day, environment);

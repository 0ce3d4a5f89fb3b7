-- +goose Up

-- Who is subscribed to an issue because they were to one that was merged into it: they go with the merge.
ALTER TABLE subscriptions ADD COLUMN brought_by bigint; -- the merge; null: somebody's own doing
CREATE INDEX subscriptions_brought_by ON subscriptions (project_id, brought_by) WHERE brought_by IS NOT NULL;

-- Whether the issue that stays was assigned to whoever had the merged one. A merge begins with phase 0 now: subscribers.
ALTER TABLE moves ADD COLUMN brought_assignee boolean NOT NULL DEFAULT false;

-- What happened to a merged issue is told of the one that has its hashes.
CREATE OR REPLACE VIEW grouping_read.activities AS
SELECT project_id, group_id, id, type, actor, details, created_at FROM activities
UNION ALL
SELECT a.project_id, m.leads_to, a.id, a.type, a.actor, a.details, a.created_at
FROM moves m JOIN activities a ON a.project_id = m.project_id AND a.group_id = m.source_id WHERE m.kind = 1;

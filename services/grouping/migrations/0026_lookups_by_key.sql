-- +goose Up

-- What is looked up by project and key has one index to be found by. These begin with the project too, and a plan that is kept may
-- have taken one of them while its table was small. None of the columns is ever null: the condition keeps the index from those
-- who do not ask for the column, and whoever compares it satisfies the condition.
ALTER TABLE groups DROP CONSTRAINT groups_short_id;
CREATE UNIQUE INDEX groups_short_id ON groups (project_id, short_id) WHERE short_id IS NOT NULL;
DROP INDEX group_hashes_group;
CREATE INDEX group_hashes_group ON group_hashes (project_id, group_id) WHERE group_id IS NOT NULL;
DROP INDEX group_counters_last_seen;
CREATE INDEX group_counters_last_seen ON group_counters (project_id, last_seen_hour) WHERE last_seen_hour IS NOT NULL;
DROP INDEX inbox_added_at;
CREATE INDEX inbox_added_at ON inbox (project_id, added_at) WHERE added_at IS NOT NULL;
DROP INDEX stacks_last_day;
CREATE INDEX stacks_last_day ON stacks (project_id, last_day) WHERE last_day IS NOT NULL;
DROP INDEX judged_status_changes_judged_at;
CREATE INDEX judged_status_changes_judged_at ON judged_status_changes (project_id, judged_at) WHERE judged_at IS NOT NULL;

-- +goose Up

-- Searches by date put issues in order before they look at anything else of them.
CREATE OR REPLACE VIEW grouping_read.issue_hours AS SELECT project_id, group_id, last_seen_hour, last_seen FROM group_counters;

-- +goose Up

CREATE VIEW grouping_read.snoozes AS
SELECT project_id, group_id, until, count, window_seconds, user_count, user_window_seconds, times_seen, users_seen, actor FROM snoozes;

CREATE VIEW grouping_read.resolutions AS
SELECT project_id, group_id, kind, pending, release, repository, commit_id, actor FROM resolutions;

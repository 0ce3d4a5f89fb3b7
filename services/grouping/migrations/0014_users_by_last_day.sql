-- +goose Up

-- Users of an issue in a window are all but those whose last day lies before it, who are few where the window has most
-- of the issue's life.
CREATE INDEX group_users_last_day ON group_users (project_id, group_id, last_day);

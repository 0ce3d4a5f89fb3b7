-- +goose Up

-- Since when an error event waits.
ALTER TABLE error_events ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX error_events_oldest ON error_events (created_at);

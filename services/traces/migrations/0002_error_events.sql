-- +goose Up

-- Exceptions of spans that ingest has still to be told of, written with the spans. A row goes when ingest has answered; if
-- it is sent twice, or written again by a repeated Export, ingest knows the event by its id and time.
CREATE TABLE error_events (
    project_id bigint NOT NULL,
    event_id   uuid NOT NULL,
    next_try   timestamptz NOT NULL, -- while it is being sent: when others may take it to be lost
    tries      integer NOT NULL DEFAULT 0,
    body       bytea NOT NULL, -- JSON
    CONSTRAINT error_events_key PRIMARY KEY (project_id, event_id)
);

CREATE INDEX error_events_due ON error_events (next_try);
CREATE INDEX error_events_due_of_project ON error_events (project_id, next_try);

-- +goose Up

-- How far the list of what grouping erased has been followed: one row, for all replicas.
CREATE TABLE erasure_position (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    page_token text NOT NULL DEFAULT '', -- of grouping's ListErasedEvents
    asked_at   timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO erasure_position DEFAULT VALUES;

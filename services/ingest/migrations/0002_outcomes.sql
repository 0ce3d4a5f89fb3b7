-- +goose Up

-- What the doors dropped, one row an item, so that a redelivery adds none. Items without a time have that of year 1.
CREATE TABLE door_drops (
    project_id  bigint NOT NULL, -- 0: could not be told
    kind        smallint NOT NULL, -- 1 occurrence, 2 error event, 3 status change, 4 unknown
    item_id     uuid NOT NULL,
    item_time   timestamptz NOT NULL,
    outcome     smallint NOT NULL, -- picket.issues.v1.Outcome
    received_at timestamptz NOT NULL,
    CONSTRAINT door_drops_key PRIMARY KEY (project_id, kind, item_id, item_time)
);
CREATE INDEX door_drops_received ON door_drops (project_id, received_at);

-- What callers were refused for good, and dead letters that were given up. Neither can come again under its own name.
CREATE TABLE rejected_counts (
    project_id bigint NOT NULL, -- 0: could not be told
    minute     timestamptz NOT NULL, -- of receipt
    reason     text NOT NULL,
    count      bigint NOT NULL,
    CONSTRAINT rejected_counts_key PRIMARY KEY (project_id, minute, reason)
);

CREATE INDEX dead_letters_outcomes ON dead_letters (project_id, received_at);

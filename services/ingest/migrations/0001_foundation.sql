-- +goose Up

-- Keys begin with project_id, so that the same schema can be distributed by it.

CREATE TABLE partition_floors (
    table_name text PRIMARY KEY,
    floor      timestamptz NOT NULL
);

-- What came in, as it is kept. The body is zstd of {"occurrence": …, "event": …}; either may be missing.
-- An occurrence whose event came with it has both; one whose event was stored before refers to it by event_id.
CREATE TABLE payloads (
    project_id  bigint NOT NULL,
    kind        smallint NOT NULL, -- 1 occurrence, 2 error event
    item_id     uuid NOT NULL,
    item_time   timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    event_id    uuid NOT NULL,
    has_event   boolean NOT NULL,
    body        bytea NOT NULL,
    CONSTRAINT payloads_key PRIMARY KEY (project_id, kind, item_id, item_time)
) PARTITION BY RANGE (item_time);
ALTER TABLE payloads ALTER COLUMN body SET STORAGE EXTERNAL; -- compressed already
CREATE INDEX payloads_event ON payloads (project_id, event_id) WHERE has_event;

-- Kafka records that could not be processed, byte for byte.
CREATE TABLE dead_letters (
    project_id    bigint NOT NULL, -- 0: could not be told
    topic         text NOT NULL,
    partition     integer NOT NULL,
    record_offset bigint NOT NULL,
    reason        smallint NOT NULL, -- picket.ingest.v1.DeadLetterReason
    detail        text NOT NULL,
    record_key    bytea,
    record_value  bytea,
    received_at   timestamptz NOT NULL,
    retry_at      timestamptz,
    CONSTRAINT dead_letters_key PRIMARY KEY (project_id, topic, partition, record_offset)
);
CREATE INDEX dead_letters_received ON dead_letters (received_at, project_id, topic, partition, record_offset);
CREATE INDEX dead_letters_retry ON dead_letters (retry_at) WHERE retry_at IS NOT NULL;

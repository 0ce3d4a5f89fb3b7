-- +goose Up

CREATE TABLE partition_floors (
    table_name text PRIMARY KEY,
    floor      timestamptz NOT NULL
);

-- Spans, up to 1,024 of one project and one week in a row, column by column (docs/adr/016-span-store.md). A span may
-- be in several blocks, when it was sent several times in different company; readers count it once.
CREATE TABLE span_blocks (
    project_id      bigint NOT NULL,
    block_id        uuid NOT NULL, -- made of the content: the same spans in the same company are the same block
    newest          timestamptz NOT NULL, -- latest end of a span, in microseconds as partitions need it
    oldest          timestamptz NOT NULL, -- earliest end
    organization_id bigint NOT NULL, -- traces never cross organizations, so every read names one
    spans           integer NOT NULL,
    longest_nanos   bigint NOT NULL, -- of the longest span
    traces          bytea NOT NULL,
    span_ids        bytea NOT NULL,
    times           bytea NOT NULL,
    words           bytea NOT NULL,
    attributes      bytea NOT NULL,
    rest            bytea,
    trace_tokens    integer[] NOT NULL, -- hashes of trace ids
    filter_words    integer NOT NULL,
    filter          bytea NOT NULL, -- Bloom filter of attributes and words
    CONSTRAINT span_blocks_key PRIMARY KEY (project_id, block_id, newest)
) PARTITION BY RANGE (newest);

-- They are compressed already; and of what is stored so, a part can be read: eight bytes of a filter.
ALTER TABLE span_blocks
    ALTER COLUMN traces SET STORAGE EXTERNAL, ALTER COLUMN span_ids SET STORAGE EXTERNAL,
    ALTER COLUMN times SET STORAGE EXTERNAL, ALTER COLUMN words SET STORAGE EXTERNAL,
    ALTER COLUMN attributes SET STORAGE EXTERNAL, ALTER COLUMN rest SET STORAGE EXTERNAL,
    ALTER COLUMN filter SET STORAGE EXTERNAL;

CREATE INDEX span_blocks_newest ON span_blocks (organization_id, newest);
CREATE INDEX span_blocks_oldest ON span_blocks (organization_id, oldest);
CREATE INDEX span_blocks_traces ON span_blocks USING gin (trace_tokens) WITH (fastupdate = off);

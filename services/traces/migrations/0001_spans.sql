-- +goose Up

CREATE TABLE partition_floors (
    table_name text PRIMARY KEY,
    floor      timestamptz NOT NULL
);

-- A span is known by its key: the same span sent again, alone or in another batch, is the same row. Times are kept
-- in nanoseconds; end_time is the end cut to microseconds, because partitions need a time.
CREATE TABLE spans (
    project_id      bigint NOT NULL,
    trace_id        uuid NOT NULL,
    span_id         bytea NOT NULL,
    end_time        timestamptz NOT NULL,
    organization_id bigint NOT NULL, -- traces never cross organizations, so every read names one
    parent_id       bytea,
    segment_id      bytea,
    is_segment      boolean NOT NULL,
    kind            smallint NOT NULL,
    status          smallint NOT NULL,
    start_nanos     bigint NOT NULL,
    end_nanos       bigint NOT NULL,
    self_nanos      bigint NOT NULL,
    name            text NOT NULL,
    op              text NOT NULL,
    description     text NOT NULL,
    category        text NOT NULL,
    transaction     text NOT NULL,
    service         text NOT NULL,
    environment     text NOT NULL,
    release         text NOT NULL,
    user_tag        text NOT NULL,
    sdk_name        text NOT NULL,
    attributes      jsonb NOT NULL,
    events          jsonb,
    links           jsonb,
    CONSTRAINT spans_key PRIMARY KEY (project_id, trace_id, span_id, end_time)
) PARTITION BY RANGE (end_time);

CREATE INDEX spans_trace ON spans (organization_id, trace_id);
CREATE INDEX spans_time ON spans (organization_id, end_time);
CREATE INDEX spans_attributes ON spans USING gin (attributes jsonb_path_ops);

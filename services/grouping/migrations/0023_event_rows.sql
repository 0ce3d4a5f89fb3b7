-- +goose Up

-- The index of events anew: columns of a fixed width first, which takes no padding and lets a scan find a column without walking
-- over texts, and smaller indexes. A partition keeps the order of columns that it has, until retention drops it: none
-- is written again, and the indexes that changed are built on it.
DROP VIEW grouping_read.events, grouping_read.event_hashes;

CREATE TEMPORARY TABLE event_partitions ON COMMIT DROP AS
SELECT i.inhrelid::regclass AS child, pg_get_expr(c.relpartbound, c.oid) AS bounds
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'event_index'::regclass;

-- +goose StatementBegin
DO $$
DECLARE child regclass; gone regclass;
BEGIN
    FOR child IN SELECT p.child FROM event_partitions p LOOP
        EXECUTE format('ALTER TABLE event_index DETACH PARTITION %s', child);
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', child, (SELECT conname FROM pg_constraint WHERE conrelid = child AND contype = 'p'));
        FOR gone IN
            SELECT x.indexrelid FROM pg_index x JOIN pg_attribute a ON a.attrelid = child AND a.attnum = ANY (x.indkey)
            WHERE x.indrelid = child AND a.attname IN ('event_id', 'trace_id')
        LOOP
            EXECUTE format('DROP INDEX %s', gone);
        END LOOP;
    END LOOP;
END $$;
-- +goose StatementEnd

DROP TABLE event_index;

-- No key: an item is judged once, and its event written in the transaction that says so.
CREATE TABLE event_index (
    project_id       bigint NOT NULL,
    group_id         bigint NOT NULL,
    seen_time        timestamptz NOT NULL,
    item_time        timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    item_id          uuid NOT NULL,
    event_id         uuid NOT NULL,
    kind             smallint NOT NULL, -- 1 occurrence, 2 error event
    level            smallint NOT NULL,
    unhandled        boolean,
    main_thread      boolean,
    trace_id         uuid,
    stack            uuid, -- digest
    hash             bytea NOT NULL, -- so that a merge and its undoing are a change of group_id
    environment      text NOT NULL,
    release          text NOT NULL,
    tags             jsonb NOT NULL, -- object of strings
    fields           jsonb, -- object of texts and numbers
    error_types      text[],
    title            text NOT NULL,
    message          text NOT NULL,
    culprit          text NOT NULL,
    transaction      text NOT NULL,
    platform         text NOT NULL,
    dist             text NOT NULL,
    user_id          text NOT NULL,
    user_email       text NOT NULL,
    user_name        text NOT NULL,
    user_ip          text NOT NULL,
    span_id          text NOT NULL,
    sdk_name         text NOT NULL,
    sdk_version      text NOT NULL,
    error_values     text[],
    error_mechanisms text[],
    user_key         text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN user_id <> '' THEN 'id:' || user_id WHEN user_email <> '' THEN 'email:' || user_email
             WHEN user_name <> '' THEN 'username:' || user_name WHEN user_ip <> '' THEN 'ip:' || user_ip ELSE '' END) STORED
) PARTITION BY RANGE (seen_time);

-- Counts of events and users are read from this index alone. It has what they need and no more: it is the largest.
CREATE INDEX event_index_group ON event_index (project_id, group_id, seen_time) INCLUDE (environment, user_key);
-- A random id takes half of the bytes where only its hash is kept.
CREATE INDEX event_index_event ON event_index USING hash (event_id);
CREATE INDEX event_index_trace ON event_index USING hash (trace_id);
CREATE INDEX event_index_tags ON event_index USING gin (tags jsonb_path_ops);
CREATE INDEX event_index_seen ON event_index USING brin (seen_time) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX event_index_stack ON event_index (project_id, stack) WHERE stack IS NOT NULL;
CREATE INDEX event_index_release ON event_index (release, project_id, level);

-- +goose StatementBegin
DO $$
DECLARE child regclass; bounds text;
BEGIN
    FOR child, bounds IN SELECT p.child, p.bounds FROM event_partitions p LOOP
        EXECUTE format('ALTER TABLE event_index ATTACH PARTITION %s %s', child, bounds);
    END LOOP;
END $$;
-- +goose StatementEnd

CREATE VIEW grouping_read.events AS
SELECT project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, title, message, culprit,
       transaction, level, platform, environment, release, dist, user_id, user_email, user_name, user_ip, trace_id,
       span_id, sdk_name, sdk_version, tags, user_key, fields, error_types, error_values, error_mechanisms, unhandled,
       main_thread, stack
FROM event_index;

CREATE VIEW grouping_read.event_hashes AS
SELECT project_id, group_id, seen_time, kind, item_id, event_id, hash FROM event_index;

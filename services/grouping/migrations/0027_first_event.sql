-- +goose Up

-- An event says what differs from what the first of its issue said: null is what that said, and most events say nothing else. An
-- issue from before, and one that was split off, has no such first event, and its events say all themselves.
ALTER TABLE groups ADD COLUMN first_hash bytea, ADD COLUMN first_culprit text, ADD COLUMN first_transaction text,
    ADD COLUMN first_platform text, ADD COLUMN first_dist text, ADD COLUMN first_sdk_name text, ADD COLUMN first_sdk_version text;

ALTER TABLE event_index
    ALTER COLUMN hash DROP NOT NULL, ALTER COLUMN culprit DROP NOT NULL, ALTER COLUMN transaction DROP NOT NULL,
    ALTER COLUMN platform DROP NOT NULL, ALTER COLUMN dist DROP NOT NULL, ALTER COLUMN sdk_name DROP NOT NULL,
    ALTER COLUMN sdk_version DROP NOT NULL,
    ALTER COLUMN item_time DROP NOT NULL, -- null: the seen time
    ALTER COLUMN span_id DROP NOT NULL,   -- null: see span
    ADD COLUMN span bytea;                -- a span id of 16 hexadecimal digits; null: none

-- The version before would move such events from issue to issue without what they do not say, and delete none whose time is null.
-- With another name it fails to until it is gone: merges and deletions go on where it left them.
ALTER TABLE moves RENAME COLUMN phase TO step;

CREATE OR REPLACE VIEW grouping_read.events AS
SELECT e.project_id, e.group_id, e.seen_time, e.kind, e.item_id, coalesce(e.item_time, e.seen_time) AS item_time, e.received_at, e.event_id,
       e.title, e.message, coalesce(e.culprit, g.first_culprit) AS culprit, coalesce(e.transaction, g.first_transaction) AS transaction, e.level,
       coalesce(e.platform, g.first_platform) AS platform, e.environment, e.release, coalesce(e.dist, g.first_dist) AS dist, e.user_id,
       e.user_email, e.user_name, e.user_ip, e.trace_id, coalesce(e.span_id, encode(e.span, 'hex'), '') AS span_id,
       coalesce(e.sdk_name, g.first_sdk_name) AS sdk_name, coalesce(e.sdk_version, g.first_sdk_version) AS sdk_version, e.tags, e.user_key,
       e.fields, e.error_types, e.error_values, e.error_mechanisms, e.unhandled, e.main_thread, e.stack
FROM event_index e LEFT JOIN groups g ON g.project_id = e.project_id AND g.id = e.group_id;

CREATE OR REPLACE VIEW grouping_read.event_hashes AS
SELECT e.project_id, e.group_id, e.seen_time, e.kind, e.item_id, e.event_id, coalesce(e.hash, g.first_hash) AS hash
FROM event_index e LEFT JOIN groups g ON g.project_id = e.project_id AND g.id = e.group_id;

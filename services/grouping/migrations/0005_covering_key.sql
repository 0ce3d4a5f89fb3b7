-- +goose Up

-- Who an event happened to, as one value: users are counted by it.
ALTER TABLE event_index ADD COLUMN user_key text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN user_id <> '' THEN 'id:' || user_id WHEN user_email <> '' THEN 'email:' || user_email
         WHEN user_name <> '' THEN 'username:' || user_name WHEN user_ip <> '' THEN 'ip:' || user_ip ELSE '' END) STORED;

-- What every row of a search is told of (events, users, first and last seen, in some environments) is read from the
-- key alone: an issue with 100,000 events would cost as many random pages of the table. Both columns at their limits
-- fit into an entry of the index; the four columns of a user would not.
ALTER TABLE event_index DROP CONSTRAINT event_index_pkey;
ALTER TABLE event_index ADD CONSTRAINT event_index_pkey
    PRIMARY KEY (project_id, group_id, seen_time, kind, item_id, item_time) INCLUDE (environment, user_key);

CREATE OR REPLACE VIEW grouping_read.events AS
SELECT project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, title, message, culprit,
       transaction, level, platform, environment, release, dist, user_id, user_email, user_name, user_ip, trace_id,
       span_id, sdk_name, sdk_version, tags, user_key
FROM event_index;

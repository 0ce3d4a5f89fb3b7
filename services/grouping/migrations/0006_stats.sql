-- +goose Up

-- Counters of the items with one first hash: a group's counters are their sum and maximum, so that a merge and its
-- undoing restore them.
CREATE TABLE hash_counters (
    project_id   bigint NOT NULL,
    hash         bytea NOT NULL,
    times_seen   bigint NOT NULL,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    last_item_id uuid NOT NULL,
    text         jsonb, -- of the item seen last; NULL where the group has this hash alone: it has the same
    PRIMARY KEY (project_id, hash)
) WITH (fillfactor = 70);

ALTER TABLE group_counters
    ADD COLUMN users_seen bigint NOT NULL DEFAULT 0, -- distinct ones of group_users
    ADD COLUMN hashes     integer NOT NULL DEFAULT 1; -- that items were counted under

-- Events by day and hour. The indexes of hours are the hours in UTC; where a row begins and ends differs.
CREATE TABLE group_days (
    project_id  bigint NOT NULL,
    group_id    bigint NOT NULL,
    day         timestamptz NOT NULL,
    events      integer NOT NULL,
    environment text NOT NULL,
    hash        bytea NOT NULL,
    hours       integer[] NOT NULL,
    PRIMARY KEY (project_id, group_id, environment, day, hash)
) PARTITION BY RANGE (day);

-- add_hours changes few elements, and lets the array grow at both ends.
-- +goose StatementBegin
CREATE FUNCTION add_hours(hours integer[], more integer[]) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    FOR h IN array_lower(more, 1) .. array_upper(more, 1) LOOP
        IF more[h] IS NOT NULL THEN
            hours[h] := coalesce(hours[h], 0) + more[h];
        END IF;
    END LOOP;
    RETURN hours;
END $$;
-- +goose StatementEnd

-- Who a group happened to. The days are in UTC.
CREATE TABLE group_users (
    project_id  bigint NOT NULL,
    group_id    bigint NOT NULL,
    first_day   date NOT NULL,
    last_day    date NOT NULL,
    user_key    text NOT NULL,
    environment text NOT NULL,
    hash        bytea NOT NULL,
    PRIMARY KEY (project_id, group_id, user_key, environment, hash)
);

-- What there was before is counted from the event index. Events of a group that it does not have any more are given
-- to the hash that was seen last.
INSERT INTO hash_counters (project_id, hash, times_seen, first_seen, last_seen, last_item_id)
SELECT project_id, hash, count(*), min(seen_time), max(seen_time),
       (array_agg(item_id ORDER BY seen_time DESC, item_id DESC))[1]
FROM event_index GROUP BY project_id, hash;

UPDATE group_counters c SET hashes = greatest(n.hashes, 1)
FROM (SELECT g.project_id, g.group_id, count(*) AS hashes
      FROM group_hashes g JOIN hash_counters h ON h.project_id = g.project_id AND h.hash = g.hash GROUP BY 1, 2) n
WHERE c.project_id = n.project_id AND c.group_id = n.group_id;

UPDATE hash_counters h SET text = jsonb_build_object('title', e.title, 'culprit', e.culprit, 'message', e.message,
       'level', e.level, 'platform', e.platform, 'metadata', jsonb_build_object('title', e.title))
FROM event_index e, group_counters c
WHERE e.project_id = h.project_id AND e.item_id = h.last_item_id AND e.seen_time = h.last_seen AND e.hash = h.hash
  AND c.project_id = e.project_id AND c.group_id = e.group_id AND c.hashes > 1;

UPDATE hash_counters h SET times_seen = h.times_seen + missing.n
FROM (SELECT DISTINCT ON (c.project_id, c.group_id) c.project_id, s.hash,
             c.times_seen - sum(s.times_seen) OVER (PARTITION BY c.project_id, c.group_id) AS n
      FROM group_counters c
      JOIN group_hashes g ON g.project_id = c.project_id AND g.group_id = c.group_id
      JOIN hash_counters s ON s.project_id = g.project_id AND s.hash = g.hash
      ORDER BY c.project_id, c.group_id, s.last_seen DESC) missing
WHERE h.project_id = missing.project_id AND h.hash = missing.hash AND missing.n > 0;

-- +goose StatementBegin
DO $$
DECLARE child regclass; bounds text;
BEGIN
    FOR child, bounds IN
        SELECT i.inhrelid, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'event_index'::regclass
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF group_days %s',
            replace((SELECT relname FROM pg_class WHERE oid = child), 'event_index', 'group_days'), bounds);
    END LOOP;
END $$;
-- +goose StatementEnd

INSERT INTO group_days (project_id, group_id, day, events, environment, hash, hours)
SELECT project_id, group_id, day, sum(n), environment, hash,
       (format('[%s:%s]={', min(hour), max(hour)) || string_agg(n::text, ',' ORDER BY hour) || '}')::integer[]
FROM (
    SELECT k.project_id, k.group_id, k.day, k.environment, k.hash, h AS hour, coalesce(c.n, 0) AS n
    FROM (SELECT project_id, group_id, date_trunc('day', seen_time, 'UTC') AS day, environment, hash,
                 extract(hour FROM min(seen_time AT TIME ZONE 'UTC'))::int AS first,
                 extract(hour FROM max(seen_time AT TIME ZONE 'UTC'))::int AS last
          FROM event_index GROUP BY 1, 2, 3, 4, 5) k
    CROSS JOIN LATERAL generate_series(k.first, k.last) h
    LEFT JOIN (SELECT project_id, group_id, date_trunc('hour', seen_time, 'UTC') AS hour, environment, hash, count(*) AS n
          FROM event_index GROUP BY 1, 2, 3, 4, 5) c
      ON c.project_id = k.project_id AND c.group_id = k.group_id AND c.environment = k.environment AND c.hash = k.hash
     AND c.hour = k.day + h * interval '1 hour'
) counted
GROUP BY 1, 2, 3, 5, 6;

INSERT INTO group_users (project_id, group_id, first_day, last_day, user_key, environment, hash)
SELECT project_id, group_id, min(seen_time AT TIME ZONE 'UTC')::date, max(seen_time AT TIME ZONE 'UTC')::date, user_key,
       environment, hash
FROM event_index WHERE user_key <> '' GROUP BY project_id, group_id, user_key, environment, hash;

UPDATE group_counters c SET users_seen = u.n
FROM (SELECT project_id, group_id, count(DISTINCT user_key) AS n FROM group_users GROUP BY 1, 2) u
WHERE c.project_id = u.project_id AND c.group_id = u.group_id;

CREATE OR REPLACE VIEW grouping_read.issues AS
SELECT g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.priority_locked_at, g.assignee,
       g.title, g.culprit, g.message, g.level, g.platform, g.metadata, g.first_seen, g.first_release, g.active_at,
       g.resolved_at, g.created_at, g.version, c.times_seen, c.last_seen, i.reason AS inbox_reason,
       i.added_at AS inbox_added_at, c.users_seen
FROM groups g
JOIN group_counters c ON c.project_id = g.project_id AND c.group_id = g.id
LEFT JOIN inbox i ON i.project_id = g.project_id AND i.group_id = g.id;

-- These have a row for each hash of the issue: sums of events and counts of distinct users are what they are for.

CREATE VIEW grouping_read.issue_days AS
SELECT project_id, group_id, environment, day, events FROM group_days;

CREATE VIEW grouping_read.issue_hour_counts AS
SELECT d.project_id, d.group_id, d.environment, d.day, d.day + h * interval '1 hour' AS hour, d.hours[h] AS events
FROM group_days d, generate_series(array_lower(d.hours, 1), array_upper(d.hours, 1)) h
WHERE d.hours[h] > 0;

CREATE VIEW grouping_read.issue_users AS
SELECT project_id, group_id, environment, user_key, first_day, last_day FROM group_users;

-- +goose Up

-- What an archived group waits for. Counts without a window are reckoned from the baseline.
CREATE TABLE snoozes (
    project_id          bigint NOT NULL,
    group_id            bigint NOT NULL,
    until               timestamptz,
    count               bigint NOT NULL, -- 0: not counted
    window_seconds      integer NOT NULL,
    user_count          bigint NOT NULL,
    user_window_seconds integer NOT NULL,
    times_seen          bigint NOT NULL, -- when it was archived
    users_seen          bigint NOT NULL,
    actor               text NOT NULL,
    PRIMARY KEY (project_id, group_id)
);
CREATE INDEX snoozes_until ON snoozes (project_id, until) WHERE until IS NOT NULL;

-- What a group was resolved by, where that is more than a time.
CREATE TABLE resolutions (
    project_id      bigint NOT NULL,
    group_id        bigint NOT NULL,
    kind            smallint NOT NULL, -- 0 in a release, 1 in the next one, 3 in a commit
    pending         boolean NOT NULL,
    release         text NOT NULL, -- the one before it where kind is 1; empty for a commit that no release contains
    current_release text NOT NULL, -- of the group when it was resolved; empty when not known
    repository      text NOT NULL,
    commit_id       text NOT NULL,
    actor           text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id)
);
CREATE INDEX resolutions_pending ON resolutions (project_id) WHERE pending;

CREATE TABLE history (
    project_id      bigint NOT NULL,
    group_id        bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    status          smallint NOT NULL,
    actor           text NOT NULL,
    release         text NOT NULL,
    previous_id     bigint, -- the row that this one ends, such as the resolution before a regression
    previous_at     timestamptz,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id, id)
);

ALTER TABLE releases ADD COLUMN released_at timestamptz;

CREATE TABLE release_commits (
    project_id bigint NOT NULL,
    repository text NOT NULL,
    commit_id  text NOT NULL,
    version    text NOT NULL,
    PRIMARY KEY (project_id, repository, commit_id, version)
);

-- Since when a group has its status and substatus. Groups from before this column have had it since they were last
-- made or reopened.
ALTER TABLE groups ADD COLUMN status_since timestamptz;
UPDATE groups SET status_since = active_at;
ALTER TABLE groups ALTER COLUMN status_since SET NOT NULL, ALTER COLUMN status_since SET DEFAULT now();

-- For the sweeps: what is open, what ages, what is being deleted.
CREATE INDEX groups_aging ON groups (project_id, status_since) WHERE status = 0 AND substatus IN (2, 6, 7);
CREATE INDEX groups_open ON groups (project_id, type) WHERE status = 0;
CREATE INDEX groups_deleted ON groups (project_id, id) WHERE status IN (3, 4);
DROP INDEX judged_status_changes_judged_at;
CREATE INDEX judged_status_changes_judged_at ON judged_status_changes (project_id, judged_at);
CREATE INDEX inbox_added_at ON inbox (project_id, added_at);

-- What is left of a discarded group. Its hashes lead here.
CREATE TABLE tombstones (
    project_id bigint NOT NULL,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    group_id   bigint NOT NULL,
    type       integer NOT NULL,
    title      text NOT NULL,
    culprit    text NOT NULL,
    message    text NOT NULL,
    level      smallint NOT NULL,
    actor      text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, id),
    UNIQUE (project_id, group_id)
);

ALTER TABLE group_hashes ALTER COLUMN group_id DROP NOT NULL;
ALTER TABLE group_hashes ADD COLUMN tombstone_id bigint;
ALTER TABLE group_hashes ADD CONSTRAINT group_hashes_owner CHECK ((group_id IS NULL) <> (tombstone_id IS NULL));
CREATE INDEX group_hashes_tombstone ON group_hashes (project_id, tombstone_id) WHERE tombstone_id IS NOT NULL;

-- Events whose groups were deleted, and whose payloads go as well. Readers take rows in the order of transactions,
-- and only of those before which none is under way, so that they miss none.
CREATE TABLE erased_events (
    project_id  bigint NOT NULL,
    kind        smallint NOT NULL,
    item_id     uuid NOT NULL,
    item_time   timestamptz NOT NULL,
    event_id    uuid NOT NULL,
    erased_in   xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (project_id, kind, item_id, item_time)
);
CREATE INDEX erased_events_order ON erased_events (erased_in, project_id, kind, item_id, item_time);
CREATE INDEX erased_events_item_time ON erased_events (project_id, item_time);

CREATE VIEW grouping_read.history AS
SELECT project_id, group_id, id, status, actor, release, created_at FROM history;

CREATE VIEW grouping_read.tombstones AS
SELECT project_id, id, group_id, type, title, culprit, message, level, actor, created_at FROM tombstones;

CREATE VIEW grouping_read.group_hashes AS
SELECT project_id, hash, group_id FROM group_hashes WHERE group_id IS NOT NULL;

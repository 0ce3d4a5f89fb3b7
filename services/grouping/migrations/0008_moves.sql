-- +goose Up

-- Hashes on their way from one group to another, with the rows that carry them. A merge stays when it has ended, as what
-- leads from the merged group to the one that has its hashes, and as what can be undone.
CREATE TABLE moves (
    project_id     bigint NOT NULL,
    id             bigint GENERATED ALWAYS AS IDENTITY,
    kind           smallint NOT NULL, -- 1 merge, 2 unmerge
    source_id      bigint NOT NULL,
    destination_id bigint NOT NULL,
    leads_to       bigint,            -- of a merge: the group that has the hashes now
    status         smallint NOT NULL, -- of the merged group, before
    substatus      smallint NOT NULL,
    phase          smallint NOT NULL, -- which rows move: 1 hashes, 2 events, 3 days, 4 users; 5 none any more
    position       jsonb NOT NULL DEFAULT '{}', -- behind which the phase goes on
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX moves_merged ON moves (project_id, source_id) WHERE kind = 1;
CREATE INDEX moves_leads_to ON moves (project_id, leads_to) WHERE kind = 1;
CREATE INDEX moves_unfinished ON moves (project_id, id) WHERE phase < 5;

CREATE TABLE moved_hashes (
    project_id bigint NOT NULL,
    move_id    bigint NOT NULL,
    hash       bytea NOT NULL,
    PRIMARY KEY (project_id, move_id, hash)
);
CREATE INDEX moved_hashes_hash ON moved_hashes (project_id, hash);

-- Rows without a hash are from before this; they stay with their group.
ALTER TABLE group_environments ADD COLUMN hash bytea NOT NULL DEFAULT '';
ALTER TABLE group_environments DROP CONSTRAINT group_environments_pkey;
ALTER TABLE group_environments ADD CONSTRAINT group_environments_pkey PRIMARY KEY (project_id, group_id, environment, hash);

-- Of the rows of an environment the one that was seen first.
CREATE OR REPLACE VIEW grouping_read.issue_environments AS
SELECT e.project_id, e.group_id, e.environment, e.first_seen, e.first_release FROM group_environments e
WHERE NOT EXISTS (
    SELECT FROM group_environments o WHERE o.project_id = e.project_id AND o.group_id = e.group_id
       AND o.environment = e.environment AND (o.first_seen, o.hash) < (e.first_seen, e.hash));

CREATE VIEW grouping_read.issue_redirects AS
SELECT m.project_id, m.source_id AS group_id, g.short_id, m.leads_to
FROM moves m JOIN groups g ON g.project_id = m.project_id AND g.id = m.source_id WHERE m.kind = 1;

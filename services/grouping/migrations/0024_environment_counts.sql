-- +goose Up

-- What a group has in each of its environments: {"production": [events, users]}, as far as environments_at says times_seen. Sweeps count
-- what is not known, such as all that was there before, and what a replica of the version before judges beside this one.
ALTER TABLE group_counters
    ADD COLUMN environments json NOT NULL DEFAULT '{}',
    ADD COLUMN environments_at bigint NOT NULL DEFAULT 0;

-- A row says that both are known. Events are those of the issue's whole life, users those that retention has left.
CREATE VIEW grouping_read.issue_environment_counts AS
SELECT c.project_id, c.group_id, e.key AS environment, (e.value->>0)::bigint AS events, (e.value->>1)::bigint AS users
FROM group_counters c CROSS JOIN LATERAL json_each(c.environments) e
WHERE c.environments_at = c.times_seen;

-- +goose Up

-- Issues that are shared with whoever knows the id.
CREATE TABLE shares (
    project_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    share_id   uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id)
);
CREATE INDEX shares_share_id ON shares (share_id);

-- Whether a user gets what they resolve.
ALTER TABLE users ADD COLUMN self_assign_issue boolean NOT NULL DEFAULT false;

-- How far a release is in use in an environment.
CREATE TABLE release_adoptions (
    project_id  bigint NOT NULL,
    version     text NOT NULL,
    environment text NOT NULL,
    adopted_at  timestamptz,
    replaced_at timestamptz,
    PRIMARY KEY (project_id, version, environment)
);

CREATE VIEW grouping_read.issue_shares AS SELECT project_id, group_id, share_id FROM shares;

CREATE VIEW grouping_read.release_stages AS
SELECT project_id, version, environment,
       CASE WHEN adopted_at IS NULL THEN 'low_adoption' WHEN replaced_at IS NULL THEN 'adopted' ELSE 'replaced' END AS stage
FROM release_adoptions;

-- +goose Up

-- Who works on issues. Ids are those of the caller's own systems; like organizations, users and teams have keys without
-- project_id and are copied everywhere.

CREATE TABLE users (
    organization_id bigint NOT NULL REFERENCES organizations,
    id              text NOT NULL,
    username        text NOT NULL,
    name            text NOT NULL,
    email           text NOT NULL,
    created_at      timestamptz NOT NULL,
    version         bigint NOT NULL DEFAULT 1,
    CONSTRAINT users_key PRIMARY KEY (organization_id, id)
);
-- People are found by these, so each leads to one of them.
CREATE UNIQUE INDEX users_username ON users (organization_id, lower(username)) WHERE username <> '';
CREATE UNIQUE INDEX users_email ON users (organization_id, lower(email)) WHERE email <> '';

CREATE TABLE teams (
    organization_id bigint NOT NULL REFERENCES organizations,
    id              text NOT NULL,
    slug            text NOT NULL,
    name            text NOT NULL,
    created_at      timestamptz NOT NULL,
    version         bigint NOT NULL DEFAULT 1,
    CONSTRAINT teams_key PRIMARY KEY (organization_id, id),
    CONSTRAINT teams_slug UNIQUE (organization_id, slug)
);

-- The user may be one whom the directory does not know, where an organization keeps its users elsewhere.
CREATE TABLE team_members (
    organization_id bigint NOT NULL,
    team_id         text NOT NULL,
    user_id         text NOT NULL,
    PRIMARY KEY (organization_id, team_id, user_id),
    FOREIGN KEY (organization_id, team_id) REFERENCES teams ON DELETE CASCADE
);
CREATE INDEX team_members_user ON team_members (organization_id, user_id);

CREATE TABLE team_projects (
    organization_id bigint NOT NULL,
    team_id         text NOT NULL,
    project_id      bigint NOT NULL REFERENCES projects,
    PRIMARY KEY (organization_id, team_id, project_id),
    FOREIGN KEY (organization_id, team_id) REFERENCES teams ON DELETE CASCADE
);
CREATE INDEX team_projects_project ON team_projects (project_id);

-- Releases. Those that nobody announced were seen in an event; those that no event was seen in have no first sighting.
ALTER TABLE releases ALTER COLUMN first_seen DROP NOT NULL;
ALTER TABLE releases ADD COLUMN announced boolean NOT NULL DEFAULT false;
ALTER TABLE releases ADD COLUMN revision bigint NOT NULL DEFAULT 1;
-- What a new release, or commits new in it, means for groups that wait for it is still to be done. Rows of the version
-- before this one get it too.
ALTER TABLE releases ADD COLUMN unsettled_since timestamptz DEFAULT now();
CREATE INDEX releases_unsettled ON releases (project_id) WHERE unsettled_since IS NOT NULL;
CREATE INDEX releases_date ON releases (project_id, coalesce(released_at, created_at), version);
CREATE INDEX release_commits_version ON release_commits (project_id, version);

-- The order of what stands behind the dash of a version: numbers by value and before words, none of all last. Compare
-- with COLLATE "C". Readers need it for versions that are no release.
CREATE FUNCTION grouping_read.prerelease_key(prerelease text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN prerelease = '' THEN '2' ELSE (
        SELECT string_agg(CASE WHEN part ~ '^[0-9]{1,18}$' THEN '0' || lpad(part, 18, '0') ELSE '1' || part END, chr(1) ORDER BY place)
        FROM unnest(string_to_array(prerelease, '.')) WITH ORDINALITY AS parts (part, place)) END
$$;

-- The parts of package@1.2.3.4-prerelease+build: four numbers, prerelease, build. Generated, so that every version of the
-- service writes them; null where the version is not semantic. Package grouping reads versions in the same way.
ALTER TABLE releases ADD COLUMN semver text[] GENERATED ALWAYS AS (regexp_match(version,
    '^.+@([0-9]{1,18})(?:\.([0-9]{1,18}))?(?:\.([0-9]{1,18}))?(?:\.([0-9]{1,18}))?(?:-([^+@]+))?(?:\+([^@]*))?$')) STORED;

-- What single people have to do with groups, by the id of the user.

CREATE TABLE bookmarks (
    project_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    user_id    text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id, user_id)
);
CREATE INDEX bookmarks_user ON bookmarks (project_id, user_id);

CREATE TABLE subscriptions (
    project_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    user_id    text NOT NULL,
    is_active  boolean NOT NULL, -- false: unsubscribed, and to be left alone
    reason     smallint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id, user_id)
);
CREATE INDEX subscriptions_user ON subscriptions (project_id, user_id) WHERE is_active;

CREATE TABLE seen_marks (
    project_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    user_id    text NOT NULL,
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id, user_id)
);

-- Who is suggested for a group, and where else it is worked on.

CREATE TABLE issue_owners (
    project_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    type       smallint NOT NULL, -- 0 suspect commit, 1 ownership rule, 2 code owners
    owner      text NOT NULL,     -- user:ID or team:ID
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id, type, owner)
);
CREATE INDEX issue_owners_owner ON issue_owners (project_id, owner);

CREATE TABLE issue_links (
    project_id   bigint NOT NULL,
    group_id     bigint NOT NULL,
    url          text NOT NULL,
    display_name text NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (project_id, group_id, url)
);

CREATE INDEX groups_assignee ON groups (project_id, assignee) WHERE assignee <> '';
CREATE INDEX history_release ON history (project_id, release) WHERE release <> '';

CREATE VIEW grouping_read.users AS SELECT organization_id, id, username, name, email FROM users;

CREATE VIEW grouping_read.teams AS SELECT organization_id, id, slug, name FROM teams;

CREATE VIEW grouping_read.team_members AS SELECT organization_id, team_id, user_id FROM team_members;

CREATE VIEW grouping_read.team_projects AS SELECT organization_id, team_id, project_id FROM team_projects;

-- released_at is null where nobody said when; coalesce(released_at, created_at) is the date by which releases follow one
-- another. Semantic versions (major is not null) follow one another by (major, minor, patch, revision, prerelease_key).
CREATE VIEW grouping_read.releases AS
SELECT project_id, version, coalesce(substring(version FROM '^(.+)@'), '') AS package, first_seen, released_at, created_at,
       semver[1]::bigint AS major, coalesce(semver[2], '0')::bigint AS minor, coalesce(semver[3], '0')::bigint AS patch,
       coalesce(semver[4], '0')::bigint AS revision, coalesce(semver[5], '') AS prerelease,
       grouping_read.prerelease_key(coalesce(semver[5], '')) COLLATE "C" AS prerelease_key, coalesce(semver[6], '') AS build,
       CASE WHEN semver[6] ~ '^[0-9]{1,18}$' THEN semver[6]::bigint END AS build_number
FROM releases;

CREATE VIEW grouping_read.bookmarks AS SELECT project_id, group_id, user_id, created_at FROM bookmarks;

CREATE VIEW grouping_read.subscriptions AS SELECT project_id, group_id, user_id, is_active, reason, created_at FROM subscriptions;

CREATE VIEW grouping_read.seen_marks AS SELECT project_id, group_id, user_id, seen_at FROM seen_marks;

CREATE VIEW grouping_read.issue_owners AS SELECT project_id, group_id, type, owner, created_at FROM issue_owners;

CREATE VIEW grouping_read.issue_links AS SELECT project_id, group_id, url, display_name, created_at FROM issue_links;

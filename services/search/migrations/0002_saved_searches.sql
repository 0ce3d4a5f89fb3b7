-- +goose Up

CREATE TABLE saved_searches (
    organization_id bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    name            text NOT NULL,
    query           text NOT NULL,
    sort            smallint NOT NULL, -- search.Sort
    visibility      smallint NOT NULL, -- 1 its owner sees it, 2 the organization does
    owner           text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX saved_searches_name ON saved_searches (organization_id, name, id);
-- A query is saved once for each who sees it. By its hash: it may be longer than an entry of an index.
CREATE UNIQUE INDEX saved_searches_own ON saved_searches (organization_id, owner, md5(query)) WHERE visibility = 1;
CREATE UNIQUE INDEX saved_searches_shared ON saved_searches (organization_id, md5(query)) WHERE visibility = 2;

-- The one saved search that opens for a caller.
CREATE TABLE saved_search_pins (
    organization_id bigint NOT NULL,
    actor           text NOT NULL,
    saved_search_id bigint NOT NULL,
    PRIMARY KEY (organization_id, actor),
    FOREIGN KEY (organization_id, saved_search_id) REFERENCES saved_searches ON DELETE CASCADE
);
CREATE INDEX saved_search_pins_search ON saved_search_pins (organization_id, saved_search_id);

-- +goose Up

-- What searches read of the frames of events, apart from the index, because most events of a group have the same. The
-- digest is that of the content, which is kept, so that nothing is answered from the digest alone. A row is there as
-- long as an event may refer to it: last_day says when one last did, to the day.
CREATE TABLE stacks (
    project_id bigint NOT NULL,
    digest     uuid NOT NULL,
    last_day   date NOT NULL,
    abs_paths  text[] NOT NULL,
    filenames  text[] NOT NULL,
    functions  text[] NOT NULL,
    modules    text[] NOT NULL,
    packages   text[] NOT NULL,
    lines      integer[] NOT NULL,
    columns    integer[] NOT NULL,
    levels     integer[] NOT NULL,
    in_app     boolean NOT NULL, -- a frame says that it is in the application
    not_in_app boolean NOT NULL,
    PRIMARY KEY (project_id, digest)
);
CREATE INDEX stacks_last_day ON stacks (project_id, last_day);

-- Null stands for what an event has nothing of.
ALTER TABLE event_index
    ADD COLUMN fields           jsonb, -- object of texts and numbers
    ADD COLUMN error_types      text[],
    ADD COLUMN error_values     text[],
    ADD COLUMN error_mechanisms text[],
    ADD COLUMN unhandled        boolean,
    ADD COLUMN main_thread      boolean,
    ADD COLUMN stack            uuid; -- digest

CREATE OR REPLACE VIEW grouping_read.events AS
SELECT project_id, group_id, seen_time, kind, item_id, item_time, received_at, event_id, title, message, culprit,
       transaction, level, platform, environment, release, dist, user_id, user_email, user_name, user_ip, trace_id,
       span_id, sdk_name, sdk_version, tags, user_key, fields, error_types, error_values, error_mechanisms, unhandled,
       main_thread, stack
FROM event_index;

CREATE VIEW grouping_read.stacks AS
SELECT project_id, digest, abs_paths, filenames, functions, modules, packages, lines, columns, levels, in_app, not_in_app
FROM stacks;

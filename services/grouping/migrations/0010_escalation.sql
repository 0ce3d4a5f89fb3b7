-- +goose Up

-- How many events an hour are expected of a group that is archived until it escalates, for 14 days in UTC.
CREATE TABLE forecasts (
    project_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    first_day  timestamptz NOT NULL,
    numbers    bigint[] NOT NULL,
    PRIMARY KEY (project_id, group_id)
);
CREATE INDEX forecasts_first_day ON forecasts (project_id, first_day);

-- How many events an hour make a new group of a project escalate.
CREATE TABLE escalation_thresholds (
    project_id bigint PRIMARY KEY,
    threshold  double precision, -- null: too few groups to tell
    made_at    timestamptz NOT NULL
);

CREATE VIEW grouping_read.forecasts AS SELECT project_id, group_id, first_day, numbers FROM forecasts;

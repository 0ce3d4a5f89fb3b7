-- +goose Up

-- Which hash an event has, for those who look at what an issue is made of.
CREATE VIEW grouping_read.event_hashes AS
SELECT project_id, group_id, seen_time, kind, item_id, event_id, hash FROM event_index;

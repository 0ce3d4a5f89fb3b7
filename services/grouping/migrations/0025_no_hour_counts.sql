-- +goose Up

-- No version of search has read it: grouping counts hours for itself, in group_days.
DROP VIEW grouping_read.issue_hour_counts;

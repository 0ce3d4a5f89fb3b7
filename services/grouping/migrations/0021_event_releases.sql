-- +goose Up

-- The events of a release, and of a level of it: an entry of the index has the places of all events that share it. The release comes
-- first, so that the index is no way to the events of a project.
CREATE INDEX event_index_release ON event_index (release, project_id, level);

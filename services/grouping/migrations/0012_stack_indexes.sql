-- +goose Up

-- Stacks with a function, a file or a module, and the events that have a stack: a search for a rare one reads no others.
CREATE INDEX stacks_texts ON stacks USING gin (functions, filenames, modules);
CREATE INDEX event_index_stack ON event_index (project_id, stack) WHERE stack IS NOT NULL;

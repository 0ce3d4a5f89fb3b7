-- +goose Up

-- What of a block fills whole pieces of TOAST, and what is left, in its row. Older blocks, and those of the version before,
-- have no tail.
ALTER TABLE payload_blocks ADD COLUMN tail bytea NOT NULL DEFAULT '';
ALTER TABLE payload_blocks ALTER COLUMN tail SET STORAGE MAIN;

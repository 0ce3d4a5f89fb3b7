-- +goose Up

-- The headers of the record, in their order: without its content type it cannot be read again.
ALTER TABLE dead_letters
    ADD COLUMN header_keys   text[],
    ADD COLUMN header_values bytea[],
    ADD COLUMN forwarded_at  timestamptz; -- to the dead-letter topic

-- Those that wait for their event are not forwarded: they may still come to a verdict.
CREATE INDEX dead_letters_forward ON dead_letters (received_at) WHERE forwarded_at IS NULL AND retry_at IS NULL;

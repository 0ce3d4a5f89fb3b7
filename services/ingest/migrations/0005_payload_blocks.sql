-- +goose Up

-- What comes in together is compressed together: a payload holds its body itself, or names its place in a block.
CREATE TABLE payload_blocks (
    project_id bigint NOT NULL,
    day        timestamptz NOT NULL, -- UTC, of the item times of all its payloads
    id         bigint NOT NULL,      -- drawn at random
    body       bytea NOT NULL,       -- zstd of JSON: a line for each payload, empty where it was erased
    CONSTRAINT payload_blocks_key PRIMARY KEY (project_id, day, id)
) PARTITION BY RANGE (day);
ALTER TABLE payload_blocks ALTER COLUMN body SET STORAGE EXTERNAL; -- compressed already

ALTER TABLE payloads ALTER COLUMN body DROP NOT NULL;
ALTER TABLE payloads ADD COLUMN block_id bigint;
ALTER TABLE payloads ADD COLUMN line smallint; -- of the block, from 0

-- +goose StatementBegin
DO $$
DECLARE child regclass; bounds text;
BEGIN
    FOR child, bounds IN
        SELECT i.inhrelid, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'payloads'::regclass
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF payload_blocks %s',
            replace((SELECT relname FROM pg_class WHERE oid = child), 'payloads', 'payload_blocks'), bounds);
    END LOOP;
END $$;
-- +goose StatementEnd

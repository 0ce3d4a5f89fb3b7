-- +goose Up

-- Judged items anew: columns in an order without padding. Partitions that have rows keep theirs until retention drops them; empty
-- ones are made again by the services.
ALTER TABLE judged_items RENAME TO judged_items_before;
ALTER TABLE judged_items_before RENAME CONSTRAINT judged_items_pkey TO judged_items_before_pkey;

CREATE TABLE judged_items (
    project_id    bigint NOT NULL,
    item_time     timestamptz NOT NULL,
    group_id      bigint,
    item_id       uuid NOT NULL,
    kind          smallint NOT NULL, -- 1 occurrence, 2 error event
    outcome       smallint NOT NULL,
    is_new        boolean NOT NULL,
    is_regression boolean NOT NULL,
    PRIMARY KEY (project_id, kind, item_id, item_time)
) PARTITION BY RANGE (item_time);

-- +goose StatementBegin
DO $$
DECLARE child regclass; bounds text; has_rows boolean;
BEGIN
    FOR child, bounds IN
        SELECT i.inhrelid, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'judged_items_before'::regclass
    LOOP
        EXECUTE format('ALTER TABLE judged_items_before DETACH PARTITION %s', child);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', child) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('ALTER TABLE judged_items ATTACH PARTITION %s %s', child, bounds);
        ELSE
            EXECUTE format('DROP TABLE %s', child);
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TABLE judged_items_before;

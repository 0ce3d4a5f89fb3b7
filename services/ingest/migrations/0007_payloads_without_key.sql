-- +goose Up

-- An item is found by a hash index of its id, as an event is: 38 bytes, where the key of random ids took 77.
-- Partitions that have rows keep the key and get no second index, which would be built under a lock for as long as 90 days of
-- payloads take; their key goes with them. Empty ones are made again by the services.
-- +goose StatementBegin
DO $$
DECLARE child regclass; bounds text; has_rows boolean; kept text[] := '{}';
BEGIN
    FOR child, bounds IN
        SELECT i.inhrelid, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'payloads'::regclass
    LOOP
        EXECUTE format('ALTER TABLE payloads DETACH PARTITION %s', child);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', child) INTO has_rows;
        IF has_rows THEN
            kept := kept || format('%s %s', child, bounds);
        ELSE
            EXECUTE format('DROP TABLE %s', child);
        END IF;
    END LOOP;
    ALTER TABLE payloads DROP CONSTRAINT payloads_key;
    FOREACH bounds IN ARRAY kept LOOP
        EXECUTE format('ALTER TABLE payloads ATTACH PARTITION %s', bounds);
    END LOOP;
END $$;
-- +goose StatementEnd
CREATE INDEX payloads_item ON ONLY payloads USING hash (item_id);

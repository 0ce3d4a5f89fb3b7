-- The roles of Picket's services. Roles belong to the whole cluster: run this once per cluster, as a superuser or a
-- role with CREATEROLE; running it again changes nothing. Passwords are not set here: give each role its own
-- (\password picket_ingest).
--
--   psql -v ON_ERROR_STOP=1 -d postgres -f roles.sql

BEGIN;

-- One at a time within a database. Two that run in different databases may still collide: then run it again.
SELECT pg_advisory_xact_lock(7405131963);

DO $$
DECLARE
    service_role text;
BEGIN
    FOREACH service_role IN ARRAY ARRAY[
        'picket_ingest', 'picket_grouping', 'picket_search', 'picket_traces',
        'picket_search_reader' -- reads grouping's views on behalf of search, perhaps on a replica
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service_role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', service_role);
        END IF;
        -- Only a member of a role may make schemas for it; a superuser need not be one.
        IF NOT pg_has_role(current_user, service_role, 'USAGE') THEN
            EXECUTE format('GRANT %I TO %I', service_role, current_user);
        END IF;
    END LOOP;
END
$$;

-- The reader has no right to write anyway; this makes a mistake fail before it begins.
ALTER ROLE picket_search_reader SET default_transaction_read_only = on;

COMMIT;

-- The schemas of Picket's services in one database, each owned by its service's role, and who may do what in it. Run
-- it in that database after roles.sql, as its owner or a superuser; running it again changes nothing.
--
--   psql -v ON_ERROR_STOP=1 -d picket -f database.sql

BEGIN;

SELECT pg_advisory_xact_lock(7405131963);

CREATE SCHEMA IF NOT EXISTS ingest AUTHORIZATION picket_ingest;
CREATE SCHEMA IF NOT EXISTS grouping AUTHORIZATION picket_grouping;
CREATE SCHEMA IF NOT EXISTS search AUTHORIZATION picket_search;
CREATE SCHEMA IF NOT EXISTS traces AUTHORIZATION picket_traces;

-- Views that grouping makes of its tables for search to read. A view has its owner's rights on the tables, so the
-- reader needs none.
CREATE SCHEMA IF NOT EXISTS grouping_read AUTHORIZATION picket_grouping;
GRANT USAGE ON SCHEMA grouping_read TO picket_search_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE picket_grouping IN SCHEMA grouping_read
    GRANT SELECT ON TABLES TO picket_search_reader;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I
        TO picket_ingest, picket_grouping, picket_search, picket_traces, picket_search_reader', current_database());
    -- They write batches by way of temporary tables.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I
        TO picket_ingest, picket_grouping, picket_traces', current_database());

    -- Each role sees what is its own without naming the schema, and nothing of anybody else's.
    EXECUTE format('ALTER ROLE picket_ingest IN DATABASE %I SET search_path = ingest', current_database());
    EXECUTE format('ALTER ROLE picket_grouping IN DATABASE %I SET search_path = grouping', current_database());
    EXECUTE format('ALTER ROLE picket_search IN DATABASE %I SET search_path = search', current_database());
    EXECUTE format('ALTER ROLE picket_traces IN DATABASE %I SET search_path = traces', current_database());
    EXECUTE format('ALTER ROLE picket_search_reader IN DATABASE %I SET search_path = grouping_read', current_database());
END
$$;

COMMIT;

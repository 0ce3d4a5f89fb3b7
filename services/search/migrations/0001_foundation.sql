-- +goose Up

-- What search owns is what people keep about searches. What it searches belongs to other services: it reads their
-- views through a role of its own and has no table of theirs.
COMMENT ON SCHEMA search IS 'saved searches, written by the search service';

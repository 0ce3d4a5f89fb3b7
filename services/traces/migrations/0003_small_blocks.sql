-- +goose Up

-- The blocks that are merged into larger ones.
CREATE INDEX span_blocks_small ON span_blocks (project_id, newest, spans) WHERE spans <= 256;

-- +goose Up

-- Version of the algorithm that computed the hash; 0: it came with an occurrence.
ALTER TABLE group_hashes ADD COLUMN algorithm smallint NOT NULL DEFAULT 0;

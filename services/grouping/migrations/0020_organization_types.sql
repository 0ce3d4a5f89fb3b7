-- +goose Up

-- Issue types that are taken in for all projects of an organization although they are not released.
ALTER TABLE organizations ADD COLUMN enabled_types integer[] NOT NULL DEFAULT '{}';

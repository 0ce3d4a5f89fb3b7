-- +goose Up

-- A group's lock guards its rows: there is never a second one of the same user, environment and hash. A row is found by
-- a hash of user and group, for half the bytes of a key of five columns.
ALTER TABLE group_users DROP CONSTRAINT group_users_pkey;
CREATE INDEX group_users_user ON group_users USING hash (hashtextextended(user_key, group_id));

-- +goose Up

-- The users of a batch are looked up by the hash of user and group, and a condition on the project is there for a database that
-- is sharded by it. An index that begins with the project serves that condition as well: while the statistics say
-- that the project has few users, it was read whole for each user of a batch. Group ids are unique in the installation.
DROP INDEX group_users_last_day;
CREATE INDEX group_users_last_day ON group_users (group_id, last_day);

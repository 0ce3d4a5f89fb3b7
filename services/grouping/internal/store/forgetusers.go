package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
)

// A group cannot have users from before it was seen.
const selectWithOldUsers = `
SELECT g.id FROM groups g
WHERE g.project_id = $1 AND g.id > $2 AND g.first_seen < $3
  AND EXISTS (SELECT FROM group_users u WHERE u.project_id = $1 AND u.group_id = g.id AND u.last_day < $3::date)
ORDER BY g.id LIMIT $4`

// WithOldUsers lists groups with ids above a given one that have users who were not seen since a day.
func (s *Store) WithOldUsers(ctx context.Context, projectID, after int64, before time.Time, limit int) ([]int64, error) {
	rows, err := s.pool.Query(ctx, selectWithOldUsers, projectID, after, before, limit)
	if err != nil {
		return nil, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

const deleteOldUsers = `
DELETE FROM group_users WHERE project_id = $1 AND ctid = ANY (ARRAY(
    SELECT ctid FROM group_users WHERE project_id = $1 AND group_id = $2 AND last_day < $3::date LIMIT $4))
RETURNING user_key`

// A user who was seen since in another environment, or under another hash, is still there.
const countUsersOut = `
UPDATE group_counters SET users_seen = users_seen - (
    SELECT count(*) FROM (SELECT DISTINCT unnest($3::text[]) AS user_key) k
    WHERE NOT EXISTS (
        SELECT FROM group_users u
        WHERE u.project_id = $1 AND hashtextextended(u.user_key, u.group_id) = hashtextextended(k.user_key, $2::bigint)
          AND u.group_id = $2 AND u.user_key = k.user_key))
WHERE project_id = $1 AND group_id = $2`

// ForgetUsers removes up to limit rows of users of a group who were not seen since a day, and says how many it
// removed. The group is locked, as it is by whoever adds users to it, so that its counts of users stay those of its rows.
func (s *Store) ForgetUsers(ctx context.Context, projectID, groupID int64, before time.Time, limit int) (removed int, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var users []string
		batch := &pgx.Batch{}
		batch.Queue(setLockTimeout)
		batch.Queue(lockGroups, projectID, []int64{groupID})
		batch.Queue(deleteOldUsers, projectID, groupID, before, limit).Query(func(rows pgx.Rows) (err error) {
			users, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil || len(users) == 0 {
			return err
		}
		removed = len(users)
		batch = &pgx.Batch{}
		batch.Queue(countUsersOut, projectID, groupID, users)
		batch.Queue(countEnvironments, projectID, groupID)
		return tx.SendBatch(ctx, batch).Close()
	})
	return removed, classify(err)
}

package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Rows with the hashes of a move stay where they are until they move: nobody writes them any more.
const selectUserPage = `
SELECT u.last_day::text, u.ctid::text, u.user_key, ` + isMovedUser + ` FROM group_users u
WHERE u.project_id = $1 AND u.group_id = $2 AND (u.last_day, u.ctid) > ($4::date, $5::tid)
ORDER BY u.last_day, u.ctid LIMIT $6`

const isMovedUser = `EXISTS (SELECT FROM moved_hashes m WHERE m.project_id = $1 AND m.move_id = $3 AND m.hash = u.hash)`

const selectUserRows = `
SELECT u.group_id, u.user_key, u.environment, u.hash, u.first_day, u.last_day, u.place::text
FROM unnest($2::bigint[], $3::text[]) AS k (group_id, user_key) CROSS JOIN LATERAL ` + userRows + ` u`

const (
	deleteUsers = `DELETE FROM group_users WHERE project_id = $1 AND ctid = ANY ($2::text[]::tid[])`
	addUsers    = `UPDATE group_counters SET users_seen = users_seen + $3 WHERE project_id = $1 AND group_id = $2`
)

// userRow is where a row of users is.
type userRow struct {
	key   grouping.UserKey
	span  grouping.Span
	place string
}

// stepUsers moves the users of a page of the source. Both groups are locked.
func stepUsers(ctx context.Context, tx pgx.Tx, m *move, limit int) (more bool, err error) {
	if m.position.Day == "" {
		m.position.Day, m.position.Place = "-infinity", "(0,0)"
	}
	rows, err := tx.Query(ctx, selectUserPage, m.ProjectID, m.source, m.ID, m.position.Day, m.position.Place, limit)
	if err != nil {
		return false, err
	}
	type pageRow struct {
		Day, Place, User string
		IsMoving         bool
	}
	page, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pageRow])
	if err != nil || len(page) == 0 {
		return false, err
	}
	last := page[len(page)-1]
	m.position.Day, m.position.Place, more = last.Day, last.Place, len(page) == limit
	moving, users := map[string]bool{}, map[string]bool{} // places, names
	for _, row := range page {
		if row.IsMoving {
			moving[row.Place], users[row.User] = true, true
		}
	}
	if len(users) == 0 {
		return more, nil
	}
	source, err := readUsers(ctx, tx, m.ProjectID, m.source, users)
	if err != nil {
		return false, err
	}
	destination, err := readUsers(ctx, tx, m.ProjectID, m.destination, users)
	if err != nil {
		return false, err
	}
	return more, moveUsers(ctx, tx, m, moving, source, destination)
}

func readUsers(ctx context.Context, tx pgx.Tx, projectID, groupID int64, users map[string]bool) ([]userRow, error) {
	var groups []int64
	var names []string
	for user := range users {
		groups, names = append(groups, groupID), append(names, user)
	}
	rows, err := tx.Query(ctx, selectUserRows, projectID, groups, names)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (userRow, error) {
		var r userRow
		var hash []byte
		err := row.Scan(&r.key.GroupID, &r.key.User, &r.key.Environment, &hash, &r.span.First, &r.span.Last, &r.place)
		r.key.Hash = grouping.Hash(hash)
		return r, err
	})
}

// moveUsers moves rows and counts whom the source has lost by it and the destination won.
func moveUsers(ctx context.Context, tx pgx.Tx, m *move, moving map[string]bool, source, destination []userRow) error {
	there := map[grouping.UserKey]grouping.Span{}
	stays, wins, loses := map[string]bool{}, map[string]bool{}, map[string]bool{}
	known := map[string]bool{}
	for _, row := range destination {
		there[row.key], known[row.key.User] = row.span, true
	}
	for _, row := range source {
		if !moving[row.place] {
			stays[row.key.User] = true
		}
	}
	effects := grouping.Effects{NewUsers: map[grouping.UserKey]grouping.Span{}, Users: map[grouping.UserKey]grouping.Span{}}
	var gone []string
	for _, row := range source {
		if !moving[row.place] {
			continue
		}
		gone = append(gone, row.place)
		if !stays[row.key.User] {
			loses[row.key.User] = true
		}
		if !known[row.key.User] {
			wins[row.key.User] = true
		}
		key := row.key
		key.GroupID = m.destination
		if span, ok := there[key]; ok {
			effects.Users[key] = grouping.Span{First: earlier(span.First, row.span.First), Last: later(span.Last, row.span.Last)}
		} else {
			effects.NewUsers[key] = row.span
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(deleteUsers, m.ProjectID, gone)
	queueUsers(batch, m.ProjectID, effects)
	for groupID, n := range map[int64]int{m.source: -len(loses), m.destination: len(wins)} {
		batch.Queue(addUsers, m.ProjectID, groupID, n)
		batch.Queue(shiftSnooze, m.ProjectID, groupID, 0, n)
	}
	return tx.SendBatch(ctx, batch).Close()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

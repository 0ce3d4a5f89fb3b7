package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
)

// User is a person who works on issues.
type User struct {
	OrganizationID int64
	ID             string
	Username       string
	Name           string
	Email          string
	CreatedAt      time.Time
	Version        int64
	SelfAssign     bool // gets what they resolve
}

const userColumns = `organization_id, id, username, name, email, created_at, version, self_assign_issue`

const insertUser = `
INSERT INTO users (organization_id, id, username, name, email, created_at, self_assign_issue) VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING ` + userColumns

// CreateUser makes a user.
func (s *Store) CreateUser(ctx context.Context, u User) (User, error) {
	made, err := one[User](ctx, s.pool, insertUser, u.OrganizationID, u.ID, u.Username, u.Name, u.Email, u.CreatedAt, u.SelfAssign)
	return made, userError(err, u)
}

func userError(err error, u User) error {
	switch {
	case postgres.IsUniqueViolation(err, "users_key"):
		return fault.Taken("user", u.ID)
	case postgres.IsUniqueViolation(err, "users_username"):
		return fault.Taken("user", u.Username)
	case postgres.IsUniqueViolation(err, "users_email"):
		return fault.Taken("user", u.Email)
	case postgres.IsForeignKeyViolation(err):
		return fault.Missing("organization", u.OrganizationID)
	}
	return translate(err)
}

const selectUser = `SELECT ` + userColumns + ` FROM users WHERE organization_id = $1 AND id = $2`

// User reads one user; a NotFound fault says that there is none.
func (s *Store) User(ctx context.Context, organizationID int64, id string) (User, error) {
	found, err := collect[User](ctx, s, selectUser, organizationID, id)
	if err == nil && len(found) == 0 {
		err = fault.Missing("user", id)
	}
	if err != nil {
		return User{}, err
	}
	return found[0], nil
}

const selectUsers = `
SELECT ` + userColumns + ` FROM users WHERE organization_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3`

// Users lists users of an organization with ids above a given one.
func (s *Store) Users(ctx context.Context, organizationID int64, after string, limit int) ([]User, error) {
	return collect[User](ctx, s, selectUsers, organizationID, after, limit)
}

const lockUser = selectUser + ` FOR UPDATE`

const updateUser = `
UPDATE users SET username = $3, name = $4, email = $5, self_assign_issue = $6, version = version + 1 WHERE organization_id = $1 AND id = $2
RETURNING ` + userColumns

// UpdateUser changes a user by a function of what it is. A NotFound fault says that there is none.
func (s *Store) UpdateUser(ctx context.Context, organizationID int64, id string, change func(*User) error) (u User, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if u, err = one[User](ctx, tx, lockUser, organizationID, id); err == pgx.ErrNoRows { //nolint:errorlint // given bare
			return fault.Missing("user", id)
		} else if err != nil {
			return err
		}
		if err := change(&u); err != nil {
			return err
		}
		u, err = one[User](ctx, tx, updateUser, organizationID, id, u.Username, u.Name, u.Email, u.SelfAssign)
		return err
	})
	return u, userError(err, u)
}

const deleteMemberships = `DELETE FROM team_members WHERE organization_id = $1 AND user_id = $2`

const deleteUser = `DELETE FROM users WHERE organization_id = $1 AND id = $2`

// DeleteUser takes a user out of the directory and of its teams.
func (s *Store) DeleteUser(ctx context.Context, organizationID int64, id string) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		// The user first: whoever makes it a member holds its row meanwhile.
		tag, err := tx.Exec(ctx, deleteUser, organizationID, id)
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.Missing("user", id)
		}
		if err == nil {
			_, err = tx.Exec(ctx, deleteMemberships, organizationID, id)
		}
		return err
	})
	return translate(err)
}

// queryer is a pool, a connection or a transaction.
type queryer interface {
	Query(ctx context.Context, statement string, args ...any) (pgx.Rows, error)
}

// session is a transaction, or a connection that is in one.
type session interface {
	queryer
	QueryRow(ctx context.Context, statement string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// one reads exactly one row; pgx.ErrNoRows says that there is none.
func one[T any](ctx context.Context, from queryer, statement string, args ...any) (T, error) {
	rows, err := from.Query(ctx, statement, args...)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[T])
}

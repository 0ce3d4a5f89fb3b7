// Package provision prepares a PostgreSQL for Picket: the services' roles, and in a database their schemas. What it
// does is in roles.sql and database.sql, which an operator can run with psql instead.
package provision

import (
	"context"
	_ "embed" // the SQL
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The roles. Each service has one, which owns its schema; search has another, to read grouping's views with.
const (
	Ingest       = "picket_ingest"
	Grouping     = "picket_grouping"
	Search       = "picket_search"
	Traces       = "picket_traces"
	SearchReader = "picket_search_reader"
)

var (
	//go:embed roles.sql
	rolesSQL string
	//go:embed database.sql
	databaseSQL string
)

// SQL is all that Roles and Database run: what was provisioned by the same text is the same.
func SQL() string { return rolesSQL + databaseSQL }

// lockKey is the advisory lock that the SQL files take too.
const lockKey = 7405131963

// Roles makes the roles, where they are missing, and sets the passwords of those that passwords names. Several
// processes may do it at once.
func Roles(ctx context.Context, adminURL string, passwords map[string]string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("provision roles: %w", err)
	}
	defer conn.Close(ctx)
	// The lock holds within a database, roles are those of the cluster. Whoever loses against somebody in another
	// database finds that one's work done.
	for attempt := 0; ; attempt++ {
		err := makeRoles(ctx, conn, passwords)
		if err == nil {
			return nil
		}
		if attempt == 10 || !isCollision(err) {
			return fmt.Errorf("provision roles: %w", err)
		}
	}
}

func makeRoles(ctx context.Context, conn *pgx.Conn, passwords map[string]string) error {
	if err := run(ctx, conn, rolesSQL); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey); err != nil {
			return err
		}
		// In one order, so that two that work from different databases wait for each other and not in a circle.
		for _, role := range slices.Sorted(maps.Keys(passwords)) {
			var statement string // ALTER ROLE takes no parameters
			if err := tx.QueryRow(ctx, `SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)`, role, passwords[role]).Scan(&statement); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// isCollision tells whether err comes from somebody else who made or changed the same role at the same time.
func isCollision(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	switch pgErr.Code {
	case "42710", "23505", "40P01": // the role exists by now; a deadlock
		return true
	case "XX000":
		return pgErr.Message == "tuple concurrently updated"
	}
	return false
}

// Database makes the database, if it is missing, and in it the schemas of the services, whose roles must exist.
// Several processes may do it at once.
func Database(ctx context.Context, adminURL, database string) error {
	if err := create(ctx, adminURL, database); err != nil {
		return fmt.Errorf("create database %s: %w", database, err)
	}
	url, err := inDatabase(adminURL, database)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("provision database %s: %w", database, err)
	}
	defer conn.Close(ctx)
	if err := run(ctx, conn, databaseSQL); err != nil {
		return fmt.Errorf("provision database %s: %w", database, err)
	}
	return nil
}

func create(ctx context.Context, adminURL, database string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	// A database cannot be made inside a transaction: the lock is the session's, and goes with it.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockKey); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{database}.Sanitize())
	return err
}

// run executes a file of several statements, which begins and commits a transaction.
func run(ctx context.Context, conn *pgx.Conn, sql string) error {
	if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		_, rollbackErr := conn.Exec(ctx, `ROLLBACK`)
		return errors.Join(err, rollbackErr)
	}
	return nil
}

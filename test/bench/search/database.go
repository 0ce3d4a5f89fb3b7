package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	provision "github.com/picket-io/picket/deploy/postgres"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/migrations"
)

// database is filled. Its newest event is a little older than now.
type database struct {
	readerURL string
	now       time.Time
}

func open(ctx context.Context, o options) (database, error) {
	adminURL := os.Getenv("PICKET_TEST_DATABASE_URL")
	if adminURL == "" {
		return database{}, errors.New("PICKET_TEST_DATABASE_URL is not set: run make bench-search")
	}
	ownerURL, err := provision.URL(adminURL, provision.Grouping, o.database)
	if err != nil {
		return database{}, err
	}
	readerURL, err := provision.URL(adminURL, provision.SearchReader, o.database)
	if err != nil {
		return database{}, err
	}
	if !o.reuse {
		if err := prepare(ctx, adminURL, ownerURL, o.database); err != nil {
			return database{}, err
		}
	}
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return database{}, err
	}
	defer pool.Close()
	if !o.reuse {
		if err := fill(ctx, pool, o); err != nil {
			return database{}, err
		}
	}
	db := database{readerURL: readerURL}
	err = pool.QueryRow(ctx, `SELECT max(last_seen) FROM group_counters`).Scan(&db.now)
	return db, err
}

func prepare(ctx context.Context, adminURL, ownerURL, name string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`); err != nil {
		return err
	}
	passwords, err := provision.Passwords(adminURL)
	if err != nil {
		return err
	}
	if err := provision.Roles(ctx, adminURL, passwords); err != nil {
		return err
	}
	if err := provision.Database(ctx, adminURL, name); err != nil {
		return err
	}
	return postgres.Migrate(ctx, ownerURL, migrations.Schema, migrations.FS)
}

const sizes = `
SELECT pg_size_pretty(sum(pg_table_size(relid))), pg_size_pretty(sum(pg_indexes_size(relid))),
       sum(pg_total_relation_size(relid))::float8 / $1
FROM pg_partition_tree('event_index') WHERE isleaf`

func fill(ctx context.Context, pool *pgxpool.Pool, o options) error {
	began := time.Now()
	now := began.UTC().Truncate(time.Microsecond)
	keeper := partition.NewKeeper(pool, migrations.Schema, []string{"event_index", "group_days"}, span, time.Now)
	for at := now.Add(-span); at.Before(now.Add(partition.Step)); at = at.Add(partition.Step) {
		if err := keeper.Ensure(ctx, at); err != nil {
			return err
		}
	}
	if err := seed(ctx, pool, o, now); err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, `VACUUM ANALYZE`); err != nil {
		return err
	}
	var table, indexes string
	var each float64
	if err := pool.QueryRow(ctx, sizes, o.events).Scan(&table, &indexes, &each); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d issues, %d events in %.1f s: event_index %s + %s of indexes, %.0f bytes an event\n\n",
		o.issues, o.events, time.Since(began).Seconds(), table, indexes, each)
	return nil
}

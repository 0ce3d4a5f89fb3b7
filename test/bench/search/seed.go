package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/picket-io/picket/test/counted"
)

const insertDirectory = `
INSERT INTO organizations (id, slug, name) VALUES (1, 'bench', 'bench');
INSERT INTO projects (id, organization_id, slug, name) SELECT n, 1, 'project-' || n, 'project' FROM generate_series(1, %d) n;
INSERT INTO environments (project_id, name, first_seen)
SELECT p.id, e.name, now() FROM projects p, unnest('{prod,staging,dev}'::text[]) AS e (name)`

// seed stores the issues and their events. How many events an issue has goes by Zipf's law, and each has one.
func seed(ctx context.Context, pool *pgxpool.Pool, o options, now time.Time) error {
	if _, err := pool.Exec(ctx, fmt.Sprintf(insertDirectory, projects)); err != nil {
		return err
	}
	const writers = 2
	groups := make([]*group, o.issues)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range groups {
		groups[n] = newGroup(r, int64(n+1))
	}
	restore, err := dropIndexes(ctx, pool)
	if err != nil {
		return err
	}
	// Each writer has issues of its own.
	var writing errgroup.Group
	for w := range writers {
		writing.Go(func() error { return copyEvents(ctx, pool, o, groups, w, writers, now) })
	}
	if err := writing.Wait(); err != nil {
		return err
	}
	if err := restore(); err != nil {
		return err
	}
	if err := copyStacks(ctx, pool, groups, now); err != nil {
		return err
	}
	if err := copyGroups(ctx, pool, groups, now); err != nil {
		return err
	}
	_, err = pool.Exec(ctx, counted.SQL, nil)
	return err
}

const selectIndexes = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'grouping' AND tablename = 'event_index'`

// dropIndexes takes the indexes of the events away while they are written, because building them afterwards takes a
// fraction of the time.
func dropIndexes(ctx context.Context, pool *pgxpool.Pool) (restore func() error, err error) {
	rows, err := pool.Query(ctx, selectIndexes)
	if err != nil {
		return nil, err
	}
	type index struct{ Name, Definition string }
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return nil, err
	}
	for _, i := range indexes {
		if _, err := pool.Exec(ctx, `DROP INDEX `+i.Name); err != nil {
			return nil, err
		}
	}
	return func() error {
		var building errgroup.Group
		for _, i := range indexes {
			building.Go(func() error {
				_, err := pool.Exec(ctx, `SET maintenance_work_mem = '256MB'; `+strings.Replace(i.Definition, " ON ONLY ", " ON ", 1))
				return err
			})
		}
		return building.Wait()
	}, nil
}

func copyEvents(ctx context.Context, pool *pgxpool.Pool, o options, groups []*group, writer, writers int, now time.Time) error {
	r := rand.New(rand.NewPCG(3, uint64(writer)))
	own := make([]*group, 0, len(groups)/writers+1)
	for n := writer; n < len(groups); n += writers {
		own = append(own, groups[n])
	}
	// Which issues have many events is no matter of their age.
	r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	coming := arrivals(r, own, o.events/writers, now)
	n := -1
	_, err := pool.CopyFrom(ctx, pgx.Identifier{"event_index"}, strings.Fields(eventColumns), pgx.CopyFromFunc(func() ([]any, error) {
		if n++; n == len(coming) {
			return nil, nil
		}
		return event(r, coming[n].group, coming[n].at, now)
	}))
	return err
}

// arrival is an event to come.
type arrival struct {
	at    time.Time
	group *group
}

// arrivals are one event of each group and others by Zipf's law, in the order of time, in which they are written where they happen.
func arrivals(r *rand.Rand, own []*group, number int, now time.Time) []arrival {
	draw := rand.NewZipf(r, zipf, 1, uint64(len(own)-1))
	coming := make([]arrival, 0, number)
	for n := range number {
		g := own[min(n, len(own)-1)]
		if n >= len(own) {
			g = own[draw.Uint64()]
		}
		coming = append(coming, arrival{now.Add(-time.Duration(r.Int64N(int64(span)))).Truncate(time.Microsecond), g})
	}
	slices.SortFunc(coming, func(a, b arrival) int { return a.at.Compare(b.at) })
	return coming
}

func copyStacks(ctx context.Context, pool *pgxpool.Pool, groups []*group, now time.Time) error {
	r := rand.New(rand.NewPCG(5, 6))
	source := pgx.CopyFromSlice(len(groups)*stacksAGroup, func(n int) ([]any, error) {
		return stackRow(r, groups[n/stacksAGroup], n%stacksAGroup, now), nil
	})
	_, err := pool.CopyFrom(ctx, pgx.Identifier{"stacks"}, strings.Fields(stackColumns), source)
	return err
}

const groupColumns = `project_id id short_id type status substatus priority assignee title culprit message level platform metadata
	first_seen first_release active_at created_at
	first_hash first_culprit first_transaction first_platform first_dist first_sdk_name first_sdk_version`

func copyGroups(ctx context.Context, pool *pgxpool.Pool, groups []*group, now time.Time) error {
	var rows, counters, environments [][]any
	for _, g := range groups {
		rows = append(rows, []any{
			g.project, g.id, g.id, 1, g.status, g.substatus, g.priority, "", g.title, "shop.views in show", "", g.level, platforms[g.id%4],
			`{"type": "TypeError"}`, g.first, g.firstRelease, g.first, now,
			g.hash[:], "shop.views in show", "", platforms[g.id%4], "", "sdk." + platforms[g.id%4], "1.2.3",
		})
		counters = append(counters, []any{g.project, g.id, g.seen, g.last, [16]byte{}})
		for name, first := range g.environments {
			environments = append(environments, []any{g.project, g.id, name, first.at, first.release})
		}
	}
	for _, table := range []struct {
		name, columns string
		rows          [][]any
	}{
		{"groups", groupColumns, rows},
		{"group_counters", "project_id group_id times_seen last_seen last_item_id", counters},
		{"group_environments", "project_id group_id environment first_seen first_release", environments},
	} {
		_, err := pool.CopyFrom(ctx, pgx.Identifier{table.name}, strings.Fields(table.columns), pgx.CopyFromRows(table.rows))
		if err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	return nil
}

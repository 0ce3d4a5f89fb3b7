package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// describe adds to rows what searches tell beside the match: counts whatever the query, and series.
func describe(ctx context.Context, tx pgx.Tx, q search.Query, buckets *search.Buckets, rows []search.Row) error {
	if len(rows) == 0 {
		return nil
	}
	if err := addWindowCounts(ctx, tx, q, rows); err != nil {
		return err
	}
	if buckets == nil {
		return nil
	}
	return addSeries(ctx, tx, q, *buckets, rows)
}

// keys is a relation k of the keys of issues.
func (b *builder) keys(rows []search.Row) string {
	var projects, ids []int64
	for _, row := range rows {
		projects, ids = append(projects, row.Issue.ProjectID), append(ids, row.Issue.ID)
	}
	return "unnest(" + b.arg(projects) + "::bigint[], " + b.arg(ids) + "::bigint[]) AS k (project_id, id)"
}

func windowCounts(q search.Query, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	sql := "SELECT k.id, count(*), " + distinctUsers + ", min(e.seen_time), max(e.seen_time)" +
		"\nFROM " + b.keys(rows) + "\nJOIN events e ON " + b.events("k", q.Window) + "\nGROUP BY k.id"
	return statement{sql, b.args}
}

func addWindowCounts(ctx context.Context, tx pgx.Tx, q search.Query, rows []search.Row) error {
	type window struct {
		ID int64
		search.Counts
	}
	counted, err := collect(ctx, tx, windowCounts(q, rows), pgx.RowToStructByPos[window])
	if err != nil {
		return err
	}
	byID := index(rows)
	for _, c := range counted {
		byID[c.ID].Window = c.Counts
	}
	return nil
}

func series(q search.Query, buckets search.Buckets, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	keys := b.keys(rows)
	window := search.Window{Start: buckets.First, End: buckets.End()}
	place := "floor((extract(epoch FROM e.seen_time) - " + b.arg(buckets.First.Unix()) + "::bigint) / " +
		b.arg(int64(buckets.Step/time.Second)) + "::bigint)::int"
	sql := "SELECT k.id, " + place + " AS place, count(*)" +
		"\nFROM " + keys + "\nJOIN events e ON " + b.events("k", window) + "\nGROUP BY k.id, place"
	return statement{sql, b.args}
}

func addSeries(ctx context.Context, tx pgx.Tx, q search.Query, buckets search.Buckets, rows []search.Row) error {
	for i := range rows {
		rows[i].Series = make([]search.Point, buckets.Number)
		for n := range rows[i].Series {
			rows[i].Series[n].Time = buckets.First.Add(time.Duration(n) * buckets.Step)
		}
	}
	type bucket struct {
		ID    int64
		Place int
		Count int64
	}
	counted, err := collect(ctx, tx, series(q, buckets, rows), pgx.RowToStructByPos[bucket])
	if err != nil {
		return err
	}
	byID := index(rows)
	for _, b := range counted {
		byID[b.ID].Series[b.Place].Count = b.Count
	}
	return nil
}

func index(rows []search.Row) map[int64]*search.Row {
	byID := make(map[int64]*search.Row, len(rows))
	for i := range rows {
		byID[rows[i].Issue.ID] = &rows[i]
	}
	return byID
}

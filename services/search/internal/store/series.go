package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

const selectKeys = `
SELECT g.project_id, g.id FROM issues g
WHERE g.project_id = ANY($1) AND g.id = ANY($2) AND g.status NOT IN (3, 4, 5)`

// Series counts the events of issues by bucket. It answers the keys and series of those that exist.
func (s *Store) Series(ctx context.Context, q search.Query, buckets search.Buckets, ids []int64) ([]search.Row, error) {
	var rows []search.Row
	err := s.inSnapshot(ctx, func(tx pgx.Tx) error {
		keys, err := tx.Query(ctx, selectKeys, q.Scope.ProjectIDs(), ids)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(keys, func(r pgx.CollectableRow) (search.Row, error) {
			var row search.Row
			err := r.Scan(&row.Issue.ProjectID, &row.Issue.ID)
			return row, err
		})
		if err != nil {
			return err
		}
		return addSeries(ctx, tx, q, buckets, rows)
	})
	return rows, err
}

// series builds the statement that counts events of issues by bucket, whatever the query.
func series(q search.Query, buckets search.Buckets, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	window := search.Window{Start: buckets.First, End: buckets.End()}
	place := "floor((extract(epoch FROM e.seen_time) - " + b.arg(buckets.First.Unix()) + "::bigint) / " +
		b.arg(int64(buckets.Step/time.Second)) + "::bigint)::int"
	sql := "SELECT g.id, " + place + " AS place, count(*)" +
		"\nFROM " + b.named(rows) + "\nJOIN events e ON " + b.events(window) + "\nGROUP BY g.id, place"
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
	counted, err := collectAs(ctx, tx, keptPlan, series(q, buckets, rows), pgx.RowToStructByPos[bucket])
	if err != nil {
		return err
	}
	byID := index(rows)
	for _, b := range counted {
		byID[b.ID].Series[b.Place].Count = b.Count
	}
	return nil
}

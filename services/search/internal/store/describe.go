package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// describe adds to rows what searches tell of each issue: counts, over all events of the window and over those that
// match, and a series.
func describe(ctx context.Context, tx pgx.Tx, q search.Query, buckets *search.Buckets, rows []search.Row) error {
	if len(rows) == 0 {
		return nil
	}
	if err := addCounts(ctx, tx, q, rows); err != nil || buckets == nil {
		return err
	}
	return addSeries(ctx, tx, q, *buckets, rows)
}

// keys is a relation g of the issues of rows.
func (b *builder) keys(rows []search.Row) string {
	var projects, ids []int64
	for _, row := range rows {
		projects, ids = append(projects, row.Issue.ProjectID), append(ids, row.Issue.ID)
	}
	return "unnest(" + b.arg(projects) + "::bigint[], " + b.arg(ids) + "::bigint[]) AS k (project_id, id)" +
		"\nJOIN issues g ON g.project_id = k.project_id AND g.id = k.id"
}

// counts builds the statement that counts events of issues that are known to match; distinct says whether those that
// match are counted apart, because they are not all.
func counts(q search.Query, rows []search.Row) (st statement, distinct bool, err error) {
	b := &builder{scope: q.Scope, now: q.Now}
	conditions := split(q.Tree).events
	sql := "SELECT g.id, count(*), " + distinctUsers + ", min(e.seen_time), max(e.seen_time)"
	from := "\nFROM " + b.keys(rows) + "\nJOIN events e ON " + b.events(q.Window)
	if distinct = len(conditions) > 0; distinct {
		matches, err := b.node(conditions)
		if err != nil {
			return statement{}, false, err
		}
		const match = " FILTER (WHERE c.matches)"
		sql += ",\n       count(*)" + match + ", " + distinctUsers + match + ", min(e.seen_time)" + match + ", max(e.seen_time)" + match
		from += "\nCROSS JOIN LATERAL (SELECT " + matches + " AS matches) c"
	}
	return statement{sql + from + "\nGROUP BY g.id", b.args}, distinct, nil
}

func addCounts(ctx context.Context, tx pgx.Tx, q search.Query, rows []search.Row) error {
	st, distinct, err := counts(q, rows)
	if err != nil {
		return err
	}
	byID := index(rows)
	_, err = collect(ctx, tx, st, func(r pgx.CollectableRow) (struct{}, error) {
		var id int64
		var all, matching search.Counts
		places := []any{&id, &all.Events, &all.Users, &all.FirstSeen, &all.LastSeen}
		if distinct {
			places = append(places, &matching.Events, &matching.Users, &matching.FirstSeen, &matching.LastSeen)
		}
		err := r.Scan(places...)
		if !distinct {
			matching = all
		}
		if row := byID[id]; row != nil {
			row.Window, row.Matching = all, matching
		}
		return struct{}{}, err
	})
	return err
}

func index(rows []search.Row) map[int64]*search.Row {
	byID := make(map[int64]*search.Row, len(rows))
	for i := range rows {
		byID[rows[i].Issue.ID] = &rows[i]
	}
	return byID
}

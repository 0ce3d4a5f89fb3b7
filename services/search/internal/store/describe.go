package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// describe adds to rows what searches tell of each issue: counts, over all events of the window and over those that
// match, what people have to do with it, and what a page asks for besides.
func describe(ctx context.Context, tx pgx.Tx, q search.Query, p Page, rows []search.Row, counted bool) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, keepPlans); err != nil {
		return err
	}
	if err := addIssues(ctx, tx, q.Scope, rows); err != nil {
		return err
	}
	apart := len(split(q.Tree).events) > 0
	if !p.WithoutWindow || !apart && !p.WithoutMatching {
		if err := addWindow(ctx, tx, q, rows); err != nil {
			return err
		}
	}
	for i := range rows {
		if !apart && !p.WithoutMatching {
			rows[i].Matching = rows[i].Window
		}
		if p.WithoutWindow {
			rows[i].Window = search.Counts{}
		}
	}
	if p.Latest {
		if err := addLatest(ctx, tx, q, rows); err != nil {
			return err
		}
	}
	if p.Buckets != nil {
		if err := addSeries(ctx, tx, q, *p.Buckets, rows); err != nil {
			return err
		}
	}
	if apart && !counted && !p.WithoutMatching {
		return addMatching(ctx, tx, q, p, rows)
	}
	return nil
}

// addMatching counts the events that match, where the query asks something of them.
func addMatching(ctx context.Context, tx pgx.Tx, q search.Query, p Page, rows []search.Row) error {
	few := p.countable(rows)
	if len(few) == 0 {
		return nil
	}
	st, err := counts(q, few, true)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, dropPlans); err != nil {
		return err
	}
	_, err = addTo(ctx, tx, ownPlan, st, rows, func(row *search.Row) *search.Counts { return &row.Matching })
	return err
}

// countable are the rows with the fewest events, as many as may be looked at.
func (p Page) countable(rows []search.Row) []search.Row {
	if p.MatchingEvents == 0 {
		return rows
	}
	few := slices.Clone(rows)
	slices.SortStableFunc(few, func(a, b search.Row) int { return cmp.Compare(a.Issue.TimesSeen, b.Issue.TimesSeen) })
	n := 0
	for left := p.MatchingEvents; n < len(few) && few[n].Issue.TimesSeen <= left; n++ {
		left -= few[n].Issue.TimesSeen
	}
	return few[:n]
}

// addWindow takes what is stored of an issue whose whole life lies in the window, and counts for the others.
func addWindow(ctx context.Context, tx pgx.Tx, q search.Query, rows []search.Row) error {
	environments := len(q.Scope.Environments)
	rest := map[countedBy][]search.Row{}
	for i := range rows {
		issue := &rows[i].Issue
		how := waysToCount(q.Window, *issue, environments <= 1)
		if how == byLife && environments == 0 {
			rows[i].Window = search.Counts{Events: issue.TimesSeen, Users: issue.UsersSeen, FirstSeen: &issue.FirstSeen, LastSeen: &issue.LastSeen}
			continue
		}
		rest[how] = append(rest[how], rows[i])
	}
	for _, how := range []countedBy{byLife, byGone, byRemaining, byEvents} {
		if len(rest[how]) == 0 {
			continue
		}
		st, err := windowCounts(q, how, rest[how])
		if err != nil {
			return err
		}
		told, err := addTo(ctx, tx, keptPlan, st, rows, func(row *search.Row) *search.Counts { return &row.Window })
		if err != nil {
			return err
		}
		for _, row := range rest[how] {
			if !told[row.Issue.ID] { // not known of one environment, which is what the first two ask for
				other := waysToCount(q.Window, row.Issue, false)
				rest[other] = append(rest[other], row)
			}
		}
	}
	return nil
}

func windowCounts(q search.Query, how countedBy, rows []search.Row) (statement, error) {
	switch how {
	case byEvents:
		return counts(q, rows, false)
	case byLife:
		return countsOfLives(q, rows), nil
	}
	return countsByDay(q, how, rows), nil
}

func names(rows []search.Row) (projects, ids []int64) {
	for _, row := range rows {
		projects, ids = append(projects, row.Issue.ProjectID), append(ids, row.Issue.ID)
	}
	return projects, ids
}

// keys is a relation g of the issues of rows.
func (b *builder) keys(rows []search.Row) string {
	return b.unnested(rows) + " AS k (project_id, id)\nJOIN issues g ON g.project_id = k.project_id AND g.id = k.id"
}

// named is a relation g that has nothing of the issues of rows but their keys.
func (b *builder) named(rows []search.Row) string { return b.unnested(rows) + " AS g (project_id, id)" }

func (b *builder) unnested(rows []search.Row) string {
	projects, ids := names(rows)
	return "unnest(" + b.arg(projects) + "::bigint[], " + b.arg(ids) + "::bigint[])"
}

// counts builds the statement that counts events of issues: those that match, or all of the window. Each issue is counted by itself,
// in its part of the key; those without events have counts of zero.
func counts(q search.Query, rows []search.Row, matching bool) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	of, asked := b.named, searchquery.And{}
	if matching {
		if asked = split(q.Tree).events; !aboutEvent(asked) {
			of = b.keys
		}
	}
	conditions, err := b.all(asked)
	sql := "SELECT g.id, c.*\nFROM " + of(rows) + "\nCROSS JOIN LATERAL (" +
		"\n  SELECT count(*), " + distinctUsers + ", min(e.seen_time), max(e.seen_time)\n  FROM events e WHERE " + b.events(q.Window) + conditions + "\n) c"
	return statement{sql, b.args}, err
}

// addTo gives rows their counts, and says of which the statement has told any.
func addTo(
	ctx context.Context, tx pgx.Tx, plan pgx.QueryExecMode, st statement, rows []search.Row, place func(*search.Row) *search.Counts,
) (told map[int64]bool, err error) {
	byID := index(rows)
	told = make(map[int64]bool, len(rows))
	_, err = collectAs(ctx, tx, plan, st, func(r pgx.CollectableRow) (struct{}, error) {
		var id int64
		var counted search.Counts
		err := r.Scan(&id, &counted.Events, &counted.Users, &counted.FirstSeen, &counted.LastSeen)
		if row := byID[id]; row != nil {
			*place(row), told[id] = counted, true
		}
		return struct{}{}, err
	})
	return told, err
}

func index(rows []search.Row) map[int64]*search.Row {
	byID := make(map[int64]*search.Row, len(rows))
	for i := range rows {
		byID[rows[i].Issue.ID] = &rows[i]
	}
	return byID
}

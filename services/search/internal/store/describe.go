package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// describe adds to rows what searches tell of each issue: counts, over all events of the window and over those that
// match, and a series.
func describe(ctx context.Context, tx pgx.Tx, q search.Query, p Page, rows []search.Row) error {
	if len(rows) == 0 {
		return nil
	}
	if err := addCounts(ctx, tx, q, p, rows); err != nil || p.Buckets == nil {
		return err
	}
	return addSeries(ctx, tx, q, *p.Buckets, rows)
}

// addCounts counts events that match apart where the query asks something of them; otherwise all events match.
func addCounts(ctx context.Context, tx pgx.Tx, q search.Query, p Page, rows []search.Row) error {
	apart := len(split(q.Tree).events) > 0
	if !p.WithoutWindow || !apart && !p.WithoutMatching {
		if err := addWindow(ctx, tx, q, rows); err != nil {
			return err
		}
	}
	if apart && !p.WithoutMatching {
		st, err := counts(q, rows, true)
		if err != nil {
			return err
		}
		if err := addTo(ctx, tx, st, rows, func(row *search.Row) *search.Counts { return &row.Matching }); err != nil {
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
	return nil
}

// addWindow takes what is stored of an issue whose whole life lies in the window, and counts for the others.
func addWindow(ctx context.Context, tx pgx.Tx, q search.Query, rows []search.Row) error {
	var rest []search.Row
	for i := range rows {
		issue := &rows[i].Issue
		if len(q.Scope.Environments) == 0 && !issue.FirstSeen.Before(q.Window.Start) && issue.LastSeen.Before(q.Window.End) {
			rows[i].Window = search.Counts{Events: issue.TimesSeen, Users: issue.UsersSeen, FirstSeen: &issue.FirstSeen, LastSeen: &issue.LastSeen}
			continue
		}
		rest = append(rest, rows[i])
	}
	if len(rest) == 0 {
		return nil
	}
	st, err := windowCounts(q, rest)
	if err != nil {
		return err
	}
	return addTo(ctx, tx, st, rows, func(row *search.Row) *search.Counts { return &row.Window })
}

func windowCounts(q search.Query, rows []search.Row) (statement, error) {
	if days, ok := daysOf(q.Window); ok {
		return countsByDay(q, days, rows), nil
	}
	return counts(q, rows, false)
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

// counts builds the statement that counts events of issues: those that match, or all of the window.
func counts(q search.Query, rows []search.Row, matching bool) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	sql := "SELECT g.id, count(*), " + distinctUsers + ", min(e.seen_time), max(e.seen_time)" +
		"\nFROM " + b.keys(rows) + "\nJOIN events e ON " + b.events(q.Window)
	if matching {
		conditions, err := b.all(split(q.Tree).events)
		if err != nil {
			return statement{}, err
		}
		sql += conditions
	}
	return statement{sql + "\nGROUP BY g.id", b.args}, nil
}

// days are the whole days of a window, in UTC.
type days struct{ first, end time.Time }

// fewDays are so few that their events are counted as fast as their days.
const fewDays = 3

func daysOf(w search.Window) (days, bool) {
	const day = 24 * time.Hour
	d := days{first: w.Start.Add(day - 1).Truncate(day), end: w.End.Truncate(day)}
	return d, d.end.Sub(d.first) >= fewDays*day
}

// countsByDay builds the statement that counts events of whole days by what is kept of each day, and looks at the
// others. Users are those whose last day lies in the window, unless the issue goes on behind it: then their events tell.
func countsByDay(q search.Query, d days, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	edges := [2]string{b.events(search.Window{Start: q.Window.Start, End: d.first}), b.events(search.Window{Start: d.end, End: q.Window.End})}
	inWindow := b.events(q.Window)
	first, end, windowEnd := b.arg(d.first), b.arg(d.end), b.arg(q.Window.End)
	ofDays, ofUsers := "d.project_id = g.project_id AND d.group_id = g.id AND d.day >= "+first+" AND d.day < "+end,
		"u.project_id = g.project_id AND u.group_id = g.id"
	firstDate := "(" + first + "::timestamptz AT TIME ZONE 'UTC')::date"
	if len(b.scope.Environments) > 0 {
		environments := b.arg(b.scope.Environments)
		ofDays += " AND d.environment = ANY(" + environments + ")"
		ofUsers += " AND u.environment = ANY(" + environments + ")"
	}
	remaining := "(SELECT count(*) FROM (\n    SELECT u.user_key FROM issue_users u WHERE " + ofUsers + " AND u.last_day >= " + firstDate +
		"\n    UNION SELECT e.user_key FROM events e WHERE " + edges[0] + " AND e.user_key <> ''\n  ) remaining)"
	users := "CASE WHEN g.last_seen >= " + windowEnd + " THEN (SELECT " + distinctUsers + " FROM events e WHERE " + inWindow + ")"
	if len(b.scope.Environments) == 0 {
		// Those who have gone are the fewer where the window has most of the issue's life.
		users += "\n  WHEN " + b.arg(q.Window.Start) + " - g.first_seen < g.last_seen - " + b.arg(q.Window.Start) + " THEN g.users_seen - (" +
			"\n    SELECT count(DISTINCT u.user_key) FROM issue_users u WHERE " + ofUsers + " AND u.last_day < " + firstDate +
			"\n      AND NOT EXISTS (SELECT FROM issue_users o WHERE o.project_id = u.project_id AND o.group_id = u.group_id" +
			" AND o.user_key = u.user_key AND o.last_day >= " + firstDate + ")" +
			"\n      AND NOT EXISTS (SELECT FROM events e WHERE " + edges[0] + " AND e.user_key = u.user_key))"
	}
	sql := "SELECT g.id, counted.events, " + users + "\n  ELSE " + remaining + " END, counted.first, counted.last\nFROM " + b.keys(rows) +
		"\nCROSS JOIN LATERAL (SELECT" +
		"\n  (SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE " + ofDays + ")" +
		"\n  + (SELECT count(*) FROM events e WHERE " + edges[0] + ")" +
		"\n  + (SELECT count(*) FROM events e WHERE " + edges[1] + ") AS events," +
		"\n  (SELECT e.seen_time FROM events e WHERE " + inWindow + " ORDER BY e.seen_time LIMIT 1) AS first," +
		"\n  (SELECT e.seen_time FROM events e WHERE " + inWindow + " ORDER BY e.seen_time DESC LIMIT 1) AS last\n) counted"
	return statement{sql, b.args}
}

func addTo(ctx context.Context, tx pgx.Tx, st statement, rows []search.Row, place func(*search.Row) *search.Counts) error {
	byID := index(rows)
	_, err := collect(ctx, tx, st, func(r pgx.CollectableRow) (struct{}, error) {
		var id int64
		var counted search.Counts
		err := r.Scan(&id, &counted.Events, &counted.Users, &counted.FirstSeen, &counted.LastSeen)
		if row := byID[id]; row != nil {
			*place(row) = counted
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

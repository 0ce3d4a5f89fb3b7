package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// A walk reads issues from those that were seen last back and stops when a page is full: no issue has a matching
// event that is later than the last of all its events.
const (
	hour = time.Hour // what grouping keeps of last_seen is cut down to it
	// candidates of the first slice for each row that is wanted; further slices have more.
	perRow = 4
	growth = 4
)

// walkable reports whether a page may be read by a walk.
func walkable(q search.Query, from *Cursor) bool {
	p := split(q.Tree)
	if q.Sort != search.ByDate || len(p.aggregates) > 0 {
		return false
	}
	return p.exact(q) && (from == nil || !from.Backward)
}

// exact reports whether the score of an issue is when it was last seen, unless that lies past the window.
func (p parts) exact(q search.Query) bool {
	return len(p.events) == 0 && len(q.Scope.Environments) == 0
}

// slice is a stretch of hours: first <= hour < end.
type slice struct{ first, end time.Time }

var ever = slice{time.Unix(0, 0).UTC(), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}

// walk reads a page of limit rows.
func walk(ctx context.Context, tx pgx.Tx, q search.Query, from *Cursor, limit int) (rows []search.Row, err error) {
	// Issues that were seen past the window may have events anywhere in it.
	at := slice{first: q.Window.End.Truncate(hour), end: ever.end}
	next := at.first
	if from != nil {
		next = earlier(next, time.UnixMicro(int64(from.Score)).UTC().Truncate(hour).Add(hour))
	} else {
		first, err := firstHour(ctx, tx, q.Scope.ProjectIDs(), at.end, perRow*limit)
		if err != nil {
			return nil, err
		}
		at.first = earlier(at.first, first)
		next = at.first
	}
	for n, size := 0, perRow*limit; ; n++ {
		st, err := sliceOf(q, from, at, limit)
		if err != nil {
			return nil, err
		}
		found, err := collect(ctx, tx, st, scanRow)
		if err != nil {
			return nil, err
		}
		rows = merge(rows, found, limit)
		if at.first.Equal(ever.first) || complete(rows, at.first, limit) {
			return rows, nil
		}
		if at.end = at.first; n == 0 {
			at.end = next
		}
		if at.first, err = firstHour(ctx, tx, q.Scope.ProjectIDs(), at.end, size); err != nil {
			return nil, err
		}
		size *= growth
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// complete reports whether the page is full of rows that no issue of an earlier hour can come before.
func complete(rows []search.Row, first time.Time, limit int) bool {
	return len(rows) == limit && rows[limit-1].Score >= float64(first.UnixMicro())
}

func merge(rows, found []search.Row, limit int) []search.Row {
	rows = append(rows, found...)
	slices.SortFunc(rows, func(a, b search.Row) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Issue.ID, a.Issue.ID))
	})
	return rows[:min(limit, len(rows))]
}

const selectFirstHour = `
SELECT min(last_seen_hour), count(*)
FROM (
    SELECT last_seen_hour
    FROM unnest($1::bigint[]) AS p (id)
    CROSS JOIN LATERAL (
        SELECT last_seen_hour FROM issue_hours
        WHERE project_id = p.id AND last_seen_hour < $2 ORDER BY last_seen_hour DESC LIMIT $3
    ) latest
    ORDER BY last_seen_hour DESC
    LIMIT $3
) candidates`

// firstHour gives the hour to which one must go back for a number of issues.
func firstHour(ctx context.Context, tx pgx.Tx, projectIDs []int64, end time.Time, size int) (time.Time, error) {
	var first *time.Time
	var number int
	if err := tx.QueryRow(ctx, selectFirstHour, projectIDs, end, size).Scan(&first, &number); err != nil {
		return time.Time{}, err
	}
	if number < size {
		return ever.first, nil
	}
	return *first, nil
}

// sliceOf builds the statement that reads the first rows of the issues that were last seen in a slice.
func sliceOf(q search.Query, from *Cursor, at slice, limit int) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	p := split(q.Tree)
	issues, err := b.all(p.issues)
	if err != nil {
		return statement{}, err
	}
	if from != nil {
		issues += "\n  AND (m.score, g.id) < (" + b.arg(from.Score) + ", " + b.arg(from.ID) + ")"
	}
	newest := b.newest(q, at)
	sql := "SELECT " + issueColumns + ", m.score" +
		"\nFROM issue_hours w\nJOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id" +
		"\nCROSS JOIN LATERAL (\n  " + newest + "\n) m" +
		"\nWHERE w.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND w.last_seen_hour >= " + b.arg(at.first) +
		" AND w.last_seen_hour < " + b.arg(at.end) + "\n  AND " + b.issues(q) + issues +
		"\nORDER BY m.score DESC, g.id DESC\nLIMIT " + b.arg(limit)
	return statement{sql, b.args}, nil
}

// newest selects the score of an issue g that was last seen in a slice: when its newest event in the window was seen.
func (b *builder) newest(q search.Query, at slice) string {
	last := "g.last_seen"
	if at.end.After(q.Window.End.Truncate(hour)) {
		last = "CASE WHEN g.last_seen < " + b.arg(q.Window.End) + " THEN g.last_seen ELSE " + b.edgeEvent(q.Window, " DESC") + " END"
	}
	return "SELECT " + micros("n.last") + " AS score FROM (SELECT " + last + " AS last) n WHERE n.last >= " + b.arg(q.Window.Start)
}

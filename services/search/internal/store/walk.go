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

// ever is where a slice begins that has all that is left.
var ever = time.Unix(0, 0).UTC()

// walk finds the issues of a page up to a limit. within says that no issue was seen past the window.
func walk(ctx context.Context, tx pgx.Tx, q search.Query, from *Cursor, limit int) (list []found, within bool, err error) {
	past, err := seenPast(ctx, tx, q)
	if err != nil {
		return nil, false, err
	}
	if past {
		if list, err = readSlice(ctx, tx, pastSlice, q, from, slice{}, limit); err != nil {
			return nil, false, err
		}
	}
	at := slice{end: q.Window.End.Truncate(hour).Add(hour)}
	if from != nil {
		at.end = earlier(at.end, from.time().Truncate(hour).Add(hour))
	}
	build := firstSlice
	for size := perRow * limit; ; size *= growth {
		if at.first, err = firstHour(ctx, tx, q.Scope.ProjectIDs(), at.end, size); err != nil {
			return nil, false, err
		}
		further, err := readSlice(ctx, tx, build, q, from, at, limit)
		if err != nil {
			return nil, false, err
		}
		list = merge(list, further, limit)
		if !at.first.After(q.Window.Start) || complete(list, at.first, limit) {
			return list, !past, nil
		}
		at.end, build = at.first, furtherSlice
	}
}

// reader builds the statement that finds the first issues of a slice.
type reader func(q search.Query, from *Cursor, at slice, limit int) (statement, error)

func readSlice(ctx context.Context, tx pgx.Tx, build reader, q search.Query, from *Cursor, at slice, limit int) ([]found, error) {
	st, err := build(q, from, at, limit)
	if err != nil {
		return nil, err
	}
	return collect(ctx, tx, st, scanFound)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// complete reports whether the page is full of issues that none of an earlier hour can come before.
func complete(list []found, first time.Time, limit int) bool {
	return len(list) == limit && list[limit-1].score >= float64(first.UnixMicro())
}

func merge(list, further []found, limit int) []found {
	list = append(list, further...)
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.ID, a.ID))
	})
	return list[:min(limit, len(list))]
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
		return ever, nil
	}
	return *first, nil
}

const selectSeenPast = `
SELECT EXISTS (SELECT FROM issue_hours WHERE project_id = ANY($1) AND last_seen_hour >= $2 AND last_seen >= $3)`

// seenPast reports whether an issue was seen past the window: it may have events anywhere in it.
func seenPast(ctx context.Context, tx pgx.Tx, q search.Query) (bool, error) {
	st := statement{selectSeenPast, []any{q.Scope.ProjectIDs(), q.Window.End.Truncate(hour), q.Window.End}}
	past, err := collect(ctx, tx, st, pgx.RowTo[bool])
	return err == nil && past[0], err
}

// firstSlice looks issues up in the order of the page where little is asked of them, and so ends with the page.
func firstSlice(q search.Query, from *Cursor, at slice, limit int) (statement, error) {
	if !split(q.Tree).broad() {
		return furtherSlice(q, from, at, limit)
	}
	b := &builder{scope: q.Scope, now: q.Now}
	lastSeen := b.lastSeenIn(q, from, at)
	issues, err := b.all(split(q.Tree).issues)
	sql := "SELECT w.project_id, w.group_id, " + micros("w.last_seen") +
		"\nFROM (" + lastSeen + "\n  ORDER BY w.last_seen DESC, w.group_id DESC) w" +
		"\nCROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = w.project_id AND g.id = w.group_id\n  AND " +
		b.issuesFound(q) + issues + " OFFSET 0) g" + "\nORDER BY w.last_seen DESC, w.group_id DESC\nLIMIT " + b.arg(limit)
	return statement{sql, b.args}, err
}

func furtherSlice(q search.Query, from *Cursor, at slice, limit int) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	lastSeen := b.lastSeenIn(q, from, at)
	issues, err := b.all(split(q.Tree).issues)
	sql := "SELECT w.project_id, w.group_id, " + micros("w.last_seen") +
		"\nFROM (" + lastSeen + ") w\nJOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id\nWHERE " + b.issuesFound(q) + issues +
		"\nORDER BY w.last_seen DESC, w.group_id DESC\nLIMIT " + b.arg(limit)
	return statement{sql, b.args}, err
}

// lastSeenIn selects issues that were last seen in a slice and in the window, below a row.
func (b *builder) lastSeenIn(q search.Query, from *Cursor, at slice) string {
	sql := "SELECT w.project_id, w.group_id, w.last_seen FROM issue_hours w WHERE w.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ")" +
		"\n  AND w.last_seen_hour >= " + b.arg(at.first) + " AND w.last_seen_hour < " + b.arg(at.end) +
		"\n  AND w.last_seen >= " + b.arg(q.Window.Start) + " AND w.last_seen < " + b.arg(q.Window.End)
	if from != nil {
		sql += " AND (w.last_seen, w.group_id) < (" + b.arg(from.time()) + ", " + b.arg(from.ID) + ")"
	}
	return sql
}

// pastSlice reads of the issues that were seen past the window those with events in it, by the newest.
func pastSlice(q search.Query, from *Cursor, _ slice, limit int) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	newest := b.edgeEvent(q.Window, " DESC")
	issues, err := b.all(split(q.Tree).issues)
	if from != nil {
		issues += "\n  AND (n.last, g.id) < (" + b.arg(from.time()) + ", " + b.arg(from.ID) + ")"
	}
	sql := "SELECT g.project_id, g.id, " + micros("n.last") +
		"\nFROM issue_hours w\nJOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id" +
		"\nCROSS JOIN LATERAL (SELECT " + newest + " AS last OFFSET 0) n" +
		"\nWHERE w.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND w.last_seen_hour >= " + b.arg(q.Window.End.Truncate(hour)) +
		" AND w.last_seen >= " + b.arg(q.Window.End) + "\n  AND n.last IS NOT NULL AND " + b.issuesFound(q) + issues +
		"\nORDER BY n.last DESC, g.id DESC\nLIMIT " + b.arg(limit)
	return statement{sql, b.args}, err
}

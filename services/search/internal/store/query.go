package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// statement is SQL with its arguments.
type statement struct {
	sql  string
	args []any
}

// collect runs a statement with a plan of its own: one that is kept for other arguments would not know how much the
// window and the values leave.
func collect[T any](ctx context.Context, tx pgx.Tx, st statement, to pgx.RowToFunc[T]) ([]T, error) {
	rows, err := tx.Query(ctx, st.sql, append([]any{pgx.QueryExecModeCacheDescribe}, st.args...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, to)
}

// Cursor is the row beside which a page begins.
type Cursor struct {
	Score    float64
	ID       int64
	Backward bool
}

// found is the part that pages and counts share: FROM and WHERE, and how the aggregates of m are written.
type found struct {
	onIssues string // conditions that ask nothing of events
	onEvents string // join conditions, window, environments and the conditions on one event
	having   string // conditions on the aggregates, or empty
}

// find compiles a query's conditions.
func (b *builder) find(q search.Query) (found, error) {
	conditions, aggregates := search.Split(q.Tree)
	onIssues := []string{b.issues()}
	if !search.NamesFeedback(q.Tree) {
		onIssues = append(onIssues, "g.type <> ALL("+b.arg(typesWhere(isFeedback))+"::int[])")
	}
	if q.Sort == search.ByInbox {
		onIssues = append(onIssues, "g.inbox_added_at IS NOT NULL")
	}
	onEvents := []string{b.events("g", q.Window)}
	for _, n := range conditions {
		condition, err := b.node(n)
		if err != nil {
			return found{}, err
		}
		if aboutIssue(n) {
			onIssues = append(onIssues, condition)
		} else {
			onEvents = append(onEvents, condition)
		}
	}
	var having []string
	for _, f := range aggregates {
		having = append(having, b.aggregate(f))
	}
	return found{
		onIssues: strings.Join(onIssues, "\n  AND "),
		onEvents: strings.Join(onEvents, "\n    AND "),
		having:   strings.Join(having, " AND "),
	}, nil
}

func isFeedback(t issue.Type) bool { return t.Category == issue.CategoryFeedback }

// aggregate compiles a condition on the matching events together.
func (b *builder) aggregate(f *searchquery.Filter) string {
	if f.Key == "last_seen" {
		return b.date("max(e.seen_time)", f)
	}
	return b.float("count(*)::float8", f)
}

// matching is the lateral query of the aggregates over an issue's matching events. It has a row when there is one.
func (f found) matching(columns string) string {
	having := "count(*) > 0"
	if f.having != "" {
		having += " AND " + f.having
	}
	return "(\n  SELECT " + columns + "\n  FROM events e\n  WHERE " + f.onEvents + "\n  HAVING " + having + "\n)"
}

const issueColumns = `g.project_id, g.id, g.short_id, g.type, g.status, g.substatus, g.priority, g.assignee, g.title, g.culprit,
       g.message, g.level, g.platform, g.metadata, g.first_seen, g.last_seen, g.times_seen, g.resolved_at, g.inbox_reason, g.version`

// page builds the statement that reads up to limit rows after or before a row, in the direction of reading.
func page(q search.Query, from *Cursor, limit int) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	found, err := b.find(q)
	if err != nil {
		return statement{}, err
	}
	sql := "SELECT * FROM (\nSELECT " + issueColumns + ",\n       " + b.score(q.Sort) + " AS score" +
		", m.events, m.users, m.first_seen AS match_first_seen, m.last_seen AS match_last_seen" +
		"\nFROM issues g\nCROSS JOIN LATERAL " + found.matching(b.aggregates(q)) + " m" +
		"\nWHERE " + found.onIssues + "\n) scored"
	order := "DESC"
	if from != nil {
		comparison := "<"
		if from.Backward {
			comparison, order = ">", "ASC"
		}
		sql += "\nWHERE (score, id) " + comparison + " (" + b.arg(from.Score) + ", " + b.arg(from.ID) + ")"
	}
	sql += "\nORDER BY score " + order + ", id " + order + "\nLIMIT " + b.arg(limit)
	return statement{sql, b.args}, nil
}

// count builds the statement that counts issues up to a limit. Where nothing is asked of the events together, the
// first one that matches is enough.
func count(q search.Query, limit int) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	found, err := b.find(q)
	if err != nil {
		return statement{}, err
	}
	sql := "SELECT count(*) FROM (\nSELECT FROM issues g\nWHERE " + found.onIssues
	if found.having == "" {
		sql += "\n  AND EXISTS (\n  SELECT FROM events e\n  WHERE " + found.onEvents + "\n)"
	} else {
		sql += "\n  AND EXISTS " + found.matching("1")
	}
	sql += "\nLIMIT " + b.arg(limit) + "\n) counted"
	return statement{sql, b.args}, nil
}

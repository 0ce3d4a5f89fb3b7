package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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
	return collectAs(ctx, tx, ownPlan, st, to)
}

const (
	ownPlan  = pgx.QueryExecModeCacheDescribe
	keptPlan = pgx.QueryExecModeCacheStatement
)

// keepPlans is for statements with keptPlan that follow in a transaction: what is told of the rows of a page is found by their keys
// whatever the arguments are, and takes less time than a plan over all partitions. dropPlans ends that for those with ownPlan.
const (
	keepPlans = `SET LOCAL plan_cache_mode = force_generic_plan`
	dropPlans = `SET LOCAL plan_cache_mode = auto`
)

func collectAs[T any](ctx context.Context, tx pgx.Tx, plan pgx.QueryExecMode, st statement, to pgx.RowToFunc[T]) ([]T, error) {
	rows, err := tx.Query(ctx, st.sql, append([]any{plan}, st.args...)...)
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

// time is when the row's newest matching event was seen, in the order by date.
func (c Cursor) time() time.Time { return time.UnixMicro(int64(c.Score)).UTC() }

// direction is what rows on the page are in comparison with the one beside it, and their order.
func (c Cursor) direction() (comparison, order string) {
	if c.Backward {
		return ">", "ASC"
	}
	return "<", "DESC"
}

// parts are a query's conditions by what they ask of.
type parts struct {
	issues     searchquery.And // nothing of events
	events     searchquery.And // an issue and one of its events
	aggregates []*searchquery.Filter
}

func split(tree searchquery.Node) parts {
	nodes, aggregates := search.Split(tree)
	p := parts{aggregates: aggregates}
	for _, n := range nodes {
		if aboutIssue(n) {
			p.issues = append(p.issues, n)
		} else {
			p.events = append(p.events, n)
		}
	}
	return p
}

// matches is FROM to HAVING of the issues that match, a group for each. It leaves the planner free to begin with the
// issues or with the events, whichever are fewer.
func (b *builder) matches(q search.Query) (string, error) {
	p := split(q.Tree)
	sql := "FROM issues g\nJOIN events e ON " + b.events(q.Window) + "\nWHERE " + b.issues(q)
	conditions, err := b.all(p.issues, p.events)
	if err != nil {
		return "", err
	}
	return sql + conditions + "\nGROUP BY e.project_id, e.group_id" + b.having(p.aggregates), nil
}

func (b *builder) having(aggregates []*searchquery.Filter) (sql string) {
	for i, f := range aggregates {
		word := "\n   AND "
		if i == 0 {
			word = "\nHAVING "
		}
		sql += word + b.aggregate(f)
	}
	return sql
}

// all compiles conditions to be added to others.
func (b *builder) all(lists ...searchquery.And) (string, error) {
	sql := ""
	for _, n := range slices.Concat(lists...) {
		condition, err := b.node(n)
		if err != nil {
			return "", err
		}
		sql += "\n  AND " + condition
	}
	return sql, nil
}

// aggregate compiles a condition on the matching events together.
func (b *builder) aggregate(f *searchquery.Filter) string {
	if f.Key == "last_seen" {
		return b.date("max(e.seen_time)", f)
	}
	return b.float("count(*)::float8", f)
}

// What is told of an issue that was found, and what is counted of matching events while they are added up, with the columns that it is
// found in.
const (
	foundColumns  = "m.project_id, m.id, m.score"
	countedEvents = ", count(*) AS events, " + distinctUsers + " AS users, min(e.seen_time) AS first, max(e.seen_time) AS last"
	countColumns  = ", m.events, m.users, m.first, m.last"
)

// wanted is what a page is to tell.
type wanted struct {
	limit    int           // issues
	from     *Cursor       // beside which they lie, in the direction of reading
	matching bool          // of each, how many events match
	known    []int64       // issues that are left out
	later    search.Window // issues with a matching event here are left out, if it is not empty
	fresh    bool          // of stored trends: issues without fresh events are left out
	stacks   fewStacks     // by which events are found
}

// page builds the statement that finds the issues of a page. They are looked up in its order, and those that are not what is asked left
// out, so that it ends with the last that is wanted.
func page(q search.Query, w wanted) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	counted, columns := "", ""
	if w.matching {
		counted, columns = countedEvents, countColumns
	}
	scored, asked, err := b.scored(q, counted, w)
	if err != nil {
		return statement{}, err
	}
	where, order := "", "DESC"
	if w.from != nil {
		comparison := ""
		comparison, order = w.from.direction()
		where = "\nWHERE (m.score, m.id) " + comparison + " (" + b.arg(w.from.Score) + ", " + b.arg(w.from.ID) + ")"
	}
	if w.known != nil {
		// Not <> ALL, of which the planner looks at every value.
		where = "\nWHERE m.id NOT IN (SELECT unnest(" + b.arg(w.known) + "::bigint[]))"
	}
	later, err := b.none(q, w.later)
	if err != nil {
		return statement{}, err
	}
	from, order := "(\n"+scored+"\n) m"+where, "\nORDER BY m.score "+order+", m.id "+order
	if asked != "" || later != "" {
		from = "(SELECT * FROM " + from + order + ") m" + lookedUp(asked) + later
	}
	return statement{"SELECT " + foundColumns + columns + "\nFROM " + from + order + "\nLIMIT " + b.arg(w.limit), b.args}, nil
}

// lookedUp joins the issues g of m one by one: the planner would rather read all issues, because it expects to read most rows of
// m.
func lookedUp(asked string) string {
	return "\nCROSS JOIN LATERAL (SELECT g.* FROM issues g WHERE g.project_id = m.project_id AND g.id = m.id" + asked + " OFFSET 0) g"
}

// none leaves out issues with a matching event in a window.
func (b *builder) none(q search.Query, w search.Window) (string, error) {
	if w.Empty() {
		return "", nil
	}
	inEvent, err := b.all(split(q.Tree).events)
	return "\nWHERE (SELECT TRUE FROM events e WHERE " + b.events(w) + inEvent + "\n  LIMIT 1) IS NULL", err
}

// scored selects project, id and score of issues that match, and what is asked of them that was not looked at.
func (b *builder) scored(q search.Query, counted string, w wanted) (sql, asked string, err error) {
	if storedScore(q) {
		sql, err = b.scoredFromStored(q, w.fresh)
		return sql, "", err
	}
	columns := "SELECT e.project_id, e.group_id AS id, " + b.score(q) + " AS score" + counted + "\n"
	if scoresEventsFirst(q) {
		return b.scoredFromEvents(q, columns, w.stacks)
	}
	sql, err = b.matches(q)
	return columns + sql, "", err
}

// count builds the statement that counts issues up to a limit. Without conditions on aggregates one matching event is
// enough of each issue, and counting ends at the limit. past says that issues may have been seen past the window.
func count(q search.Query, limit int, past bool) (statement, error) {
	b := &builder{scope: q.Scope, now: q.Now}
	p := split(q.Tree)
	if len(p.aggregates) > 0 {
		matches, err := b.matches(q)
		return statement{"SELECT count(*) FROM (\nSELECT\n" + matches + "\nLIMIT " + b.arg(limit) + "\n) counted", b.args}, err
	}
	from, conditions := "issues g", ""
	if p.exact(q) {
		from = "issue_hours w\nJOIN issues g ON g.project_id = w.project_id AND g.id = w.group_id"
		conditions = "w.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND w.last_seen_hour >= " + b.arg(q.Window.Start.Truncate(hour)) +
			"\n  AND " + b.issuesFound(q) + "\n  AND "
		if past {
			conditions += b.alive("w.last_seen", q.Window)
		} else {
			conditions += "w.last_seen >= " + b.arg(q.Window.Start)
		}
	} else {
		inEvent, err := b.all(p.events)
		if err != nil {
			return statement{}, err
		}
		conditions = b.issues(q) + "\n  AND EXISTS (SELECT FROM events e WHERE " + b.events(q.Window) + inEvent + ")"
	}
	asked, err := b.all(p.issues)
	return statement{"SELECT count(*) FROM (\nSELECT FROM " + from + "\nWHERE " + conditions + asked + "\nLIMIT " + b.arg(limit) + "\n) counted", b.args}, err
}

// alive says of most issues without a look at their events that they have one in a window.
func (b *builder) alive(lastSeen string, w search.Window) string {
	start, end := b.arg(w.Start), b.arg(w.End)
	return lastSeen + " >= " + start + " AND g.first_seen < " + end +
		" AND (" + lastSeen + " < " + end + " OR g.first_seen >= " + start + " OR EXISTS (SELECT FROM events e WHERE " + b.events(w) + "))"
}

package store

import (
	"strconv"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// builder turns a query into SQL. Everything that a caller wrote becomes an argument. In what it builds, g is the
// issue (view issues) and e one of its events (view events).
//
// Every condition is true or false, never null, so that NOT means what it says.
type builder struct {
	scope search.Scope
	now   time.Time
	args  []any
}

// arg adds an argument and gives its place.
func (b *builder) arg(value any) string {
	b.args = append(b.args, value)
	return "$" + strconv.Itoa(len(b.args))
}

// node compiles a part of the tree.
func (b *builder) node(n searchquery.Node) (string, error) {
	switch n := n.(type) {
	case searchquery.And:
		return b.join(n, " AND ", "TRUE")
	case searchquery.Or:
		return b.join(n, " OR ", "FALSE")
	case searchquery.Not:
		inner, err := b.node(n.Node)
		return "NOT (" + inner + ")", err
	case *searchquery.FreeText:
		return b.freeText(n), nil
	case *searchquery.Filter:
		return b.filter(n)
	}
	panic("store: a node of another kind") // the parser makes no other
}

func (b *builder) join(nodes []searchquery.Node, word, empty string) (string, error) {
	if len(nodes) == 0 {
		return empty, nil
	}
	parts := make([]string, 0, len(nodes))
	for _, n := range nodes {
		part, err := b.node(n)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return "(" + strings.Join(parts, word) + ")", nil
}

// events joins the events of an issue that lie in a window and the environments.
func (b *builder) events(w search.Window) string {
	return "e.project_id = g.project_id AND e.group_id = g.id AND " + b.within(w)
}

// within takes the events e in a window and the environments.
func (b *builder) within(w search.Window) string {
	return "e.seen_time >= " + b.arg(w.Start) + " AND e.seen_time < " + b.arg(w.End) + b.inScope("e.environment")
}

// inScope takes what is in the environments; = ANY is no place to begin in an index whose key goes on behind it.
func (b *builder) inScope(environment string) string {
	switch len(b.scope.Environments) {
	case 0:
		return ""
	case 1:
		return " AND " + environment + " = " + b.arg(b.scope.Environments[0])
	}
	return " AND " + environment + " = ANY(" + b.arg(b.scope.Environments) + ")"
}

// issues is what issues must satisfy whatever is asked: their project, that they are not on their way into deletion or
// another issue, that they are no feedback unless it is named, and that they can be put in order.
func (b *builder) issues(q search.Query) string {
	return "g.project_id = ANY(" + b.arg(b.scope.ProjectIDs()) + ") AND " + b.issuesFound(q)
}

// issuesFound is the same of issues that are looked up by a key whose project was asked already.
func (b *builder) issuesFound(q search.Query) string {
	sql := "g.status NOT IN (3, 4, 5)"
	if !search.NamesFeedback(q.Tree) {
		sql += "\n  AND g.type <> ALL(" + b.arg(typesWhere(isFeedback)) + "::int[])"
	}
	if q.Sort == search.ByInbox {
		sql += "\n  AND g.inbox_added_at IS NOT NULL"
	}
	return sql
}

func isFeedback(t issue.Type) bool { return t.Category == issue.CategoryFeedback }

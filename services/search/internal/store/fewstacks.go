package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// mostStacks are so few that the events of each are looked up in the index of every partition as fast as events are read.
const mostStacks = 2000

// fewStacks are those that satisfy one of a query's conditions: the events that do are found by their digests, all of a project's in
// one look at an index. A join finds them one by one, in twice the time.
type fewStacks struct {
	condition *searchquery.Filter // nil where there are none, or too many
	projects  []stacksOfProject
}

type stacksOfProject struct {
	ProjectID int64
	Digests   [][16]byte
}

func findStacks(ctx context.Context, tx pgx.Tx, q search.Query) (few fewStacks, err error) {
	few.condition = stackCondition(split(q.Tree).events)
	if few.condition == nil || !scoresEventsFirst(q) {
		return fewStacks{}, nil
	}
	few.projects, err = collect(ctx, tx, selectStacks(q, few.condition), pgx.RowToStructByPos[stacksOfProject])
	number := 0
	for _, p := range few.projects {
		number += len(p.Digests)
	}
	if number == 0 || number > mostStacks {
		return fewStacks{}, err
	}
	return few, err
}

func selectStacks(q search.Query, f *searchquery.Filter) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	sql := "SELECT project_id, array_agg(digest) FROM (SELECT k.project_id, k.digest FROM stacks k\nWHERE k.project_id = ANY(" +
		b.arg(q.Scope.ProjectIDs()) + ") AND " + b.some(textLists[f.Key], f) + "\nLIMIT " + b.arg(mostStacks+1) + ") few GROUP BY project_id"
	return statement{sql, b.args}
}

// stackCondition is a condition that an index of stacks serves and every event must satisfy.
func stackCondition(events searchquery.And) *searchquery.Filter {
	for _, n := range events {
		f, ok := n.(*searchquery.Filter)
		if !ok || !textLists[f.Key].inStack || negative(f.Op) || absent(f) {
			continue
		}
		if _, pattern := f.Value.(searchquery.Pattern); !pattern {
			return f
		}
	}
	return nil
}

// from joins the events e of the stacks.
func (few fewStacks) from(b *builder) string {
	sql := "FROM (VALUES "
	for i, p := range few.projects {
		if i > 0 {
			sql += ", "
		}
		sql += "(" + b.arg(p.ProjectID) + "::bigint, " + b.arg(p.Digests) + "::uuid[])"
	}
	return sql + ") k (project_id, digests)\nJOIN events e ON e.project_id = k.project_id AND e.stack = ANY(k.digests)\nWHERE "
}

// without are the other conditions.
func (few fewStacks) without(events searchquery.And) (others searchquery.And) {
	for _, n := range events {
		if f, ok := n.(*searchquery.Filter); !ok || f != few.condition {
			others = append(others, n)
		}
	}
	return others
}

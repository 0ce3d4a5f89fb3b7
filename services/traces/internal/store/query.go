package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
)

// Query is a span query and what its words mean now.
type Query struct {
	Tree       searchquery.Node
	Now        time.Time        // of relative dates
	ProjectIDs map[string]int64 // by slug: those that the tree names
}

// matchesAll tells that a query has no condition.
func (q Query) matchesAll() bool {
	and, ok := q.Tree.(searchquery.And)
	return ok && len(and) == 0
}

// conditions makes one condition of each query that has one. They are never NULL, so that they can be negated.
func (b *builder) conditions(queries []Query) []string {
	var conditions []string
	for _, q := range queries {
		if !q.matchesAll() {
			conditions = append(conditions, b.node(q, q.Tree))
		}
	}
	return conditions
}

func anyOf(conditions []string) string { return "(" + strings.Join(conditions, " OR ") + ")" }

func (b *builder) node(q Query, node searchquery.Node) string {
	switch node := node.(type) {
	case searchquery.And:
		return b.joined(q, node, " AND ")
	case searchquery.Or:
		return b.joined(q, node, " OR ")
	case searchquery.Not:
		return "NOT " + b.node(q, node.Node)
	case *searchquery.Filter:
		return "(" + b.filter(q, node) + ")"
	case *searchquery.FreeText:
		return "(" + b.within("description", node.Value) + ")"
	}
	panic(fmt.Sprintf("store: a query has a node of type %T", node)) // the types of nodes are closed
}

func (b *builder) joined(q Query, nodes []searchquery.Node, word string) string {
	if len(nodes) == 0 {
		return "(TRUE)"
	}
	conditions := make([]string, len(nodes))
	for i, node := range nodes {
		conditions[i] = b.node(q, node)
	}
	return "(" + strings.Join(conditions, word) + ")"
}

func (b *builder) filter(q Query, f *searchquery.Filter) string {
	positive := *f
	switch f.Op {
	case searchquery.NotEqual:
		positive.Op = searchquery.Equal
	case searchquery.NotIn:
		positive.Op = searchquery.In
	default:
		return b.positive(q, f)
	}
	return "NOT (" + b.positive(q, &positive) + ")"
}

// positive makes the condition of a filter that is not negated.
func (b *builder) positive(q Query, f *searchquery.Filter) string {
	if f.Tag {
		return b.attribute(f)
	}
	switch f.Key {
	case "message":
		return b.within("description", f.Value)
	case "span.status":
		return b.enum("status", f)
	case "is_transaction":
		return b.flag("is_segment", f)
	case "timestamp":
		return b.date("end_time", f, q.Now)
	case "project":
		return b.project(f, q.ProjectIDs)
	case "trace":
		return b.traceID(f)
	}
	if column, ok := textColumns[f.Key]; ok {
		return b.text(column, f)
	}
	if column, ok := numberColumns[f.Key]; ok {
		return b.number(column, f)
	}
	if column, ok := spanIDColumns[f.Key]; ok {
		return b.spanID(column, f)
	}
	return b.attribute(f)
}

var textColumns = map[string]string{
	"span.op": "op", "span.description": "description", "span.category": "category", "span.module": module,
	"transaction": "transaction", "origin.transaction": "transaction", "environment": "environment",
	"release": "release", "user": "user_tag", "sdk.name": "sdk_name",
}

// module is a coarser category, of which caches are one.
const module = `CASE WHEN op = 'db.redis' THEN 'cache' WHEN op = 'db.sql.room' THEN 'other'
		WHEN category IN ('cache', 'db', 'http', 'queue', 'resource') THEN category ELSE 'other' END`

var numberColumns = map[string]string{
	"span.duration":     "(end_nanos - start_nanos)::float8 / 1e6",
	"span.self_time":    "self_nanos::float8 / 1e6",
	"precise.start_ts":  "start_nanos::float8 / 1e9",
	"precise.finish_ts": "end_nanos::float8 / 1e9",
	"project.id":        "project_id",
}

var spanIDColumns = map[string]string{"id": "span_id", "parent_span": "parent_id", "segment.id": "segment_id"}

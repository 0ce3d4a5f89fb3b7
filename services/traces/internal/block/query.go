package block

import (
	"fmt"
	"slices"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Query is a span query and what its words mean now.
type Query struct {
	Tree       searchquery.Node
	Now        time.Time        // of relative dates
	ProjectIDs map[string]int64 // by slug: those that the tree names
	Metric     *MetricCondition // that spans are to satisfy too; may be nil
}

// MatchesAll tells that a query has no condition.
func (q Query) MatchesAll() bool {
	and, ok := q.Tree.(searchquery.And)
	return ok && len(and) == 0 && q.Metric == nil
}

// marks says of each span of a block whether something holds.
type marks []bool

// Match says which spans of the block satisfy a query.
func (r *Reader) Match(q Query) []bool {
	found := r.node(q, q.Tree)
	if q.Metric != nil && slices.Contains(found, true) {
		for i, holds := range r.metric(q.Metric) {
			found[i] = found[i] && holds
		}
	}
	return found
}

func (r *Reader) node(q Query, node searchquery.Node) marks {
	switch node := node.(type) {
	case searchquery.And:
		return r.and(q, node)
	case searchquery.Or:
		found := make(marks, r.count)
		for _, below := range node {
			for i, holds := range r.node(q, below) {
				found[i] = found[i] || holds
			}
		}
		return found
	case searchquery.Not:
		return r.node(q, node.Node).not()
	case *searchquery.Filter:
		return r.filter(q, node)
	case *searchquery.FreeText:
		return r.within(node.Value)
	}
	panic(fmt.Sprintf("block: a query has a node of type %T", node)) // the types of nodes are closed
}

// and stops when no span is left: sections that only the other conditions need are then not read. Attributes, the
// largest section, come last.
func (r *Reader) and(q Query, nodes searchquery.And) marks {
	nodes = slices.Clone(nodes)
	slices.SortStableFunc(nodes, func(a, b searchquery.Node) int { return cost(a) - cost(b) })
	found := make(marks, r.count)
	for i := range found {
		found[i] = true
	}
	for _, below := range nodes {
		left := false
		for i, holds := range r.node(q, below) {
			found[i] = found[i] && holds
			left = left || found[i]
		}
		if !left {
			break
		}
	}
	return found
}

// cost ranks conditions by the sections that they read.
func cost(node searchquery.Node) int {
	switch needed := (Needed{}).With([]Query{{Tree: node}}); {
	case needed.Attributes:
		return 3
	case needed.Spans:
		return 2
	case needed.Words:
		return 1
	}
	return 0
}

func (m marks) not() marks {
	for i := range m {
		m[i] = !m[i]
	}
	return m
}

// each marks the spans of which something holds.
func (r *Reader) each(holds func(span int) bool) marks {
	found := make(marks, r.count)
	for i := range found {
		found[i] = holds(i)
	}
	return found
}

func (r *Reader) all(holds bool) marks { return r.each(func(int) bool { return holds }) }

// positive is a filter without its negation.
func positive(f *searchquery.Filter) (affirmed *searchquery.Filter, negated bool) {
	without := *f
	switch f.Op {
	case searchquery.NotEqual:
		without.Op = searchquery.Equal
	case searchquery.NotIn:
		without.Op = searchquery.In
	default:
		return f, false
	}
	return &without, true
}

func (r *Reader) filter(q Query, f *searchquery.Filter) marks {
	affirmed, negated := positive(f)
	found := r.affirmed(q, affirmed)
	if negated {
		return found.not()
	}
	return found
}

func (r *Reader) affirmed(q Query, f *searchquery.Filter) marks {
	if f.Tag {
		return r.attributeFilter(f)
	}
	switch f.Key {
	case "message":
		return r.within(f.Value)
	case "span.status":
		return r.smallFilter(smallStatus, f)
	case "is_transaction":
		return r.smallFilter(smallIsSegment, f)
	case "span.module":
		return r.module(f)
	case "span.kind":
		is, kinds := textPredicate(f), r.small(smallKind)
		return r.each(func(i int) bool { return is(traces.Kind(kinds[i]).String()) })
	case "timestamp":
		return r.date(f, q.Now)
	case "project":
		return r.project(f, q.ProjectIDs)
	case "project.id":
		is := numberPredicate(f)
		return r.all(is(float64(r.ProjectID)))
	case "trace":
		return r.trace(f)
	}
	if w, ok := wordFields[f.Key]; ok {
		return r.wordFilter(w, textPredicate(f))
	}
	if number, ok := numberFields[f.Key]; ok {
		is, times := numberPredicate(f), r.readTimes()
		return r.each(func(i int) bool { return is(number(times, i)) })
	}
	if ids, ok := idFields[f.Key]; ok {
		return r.spanID(ids(r.readIDs()), f)
	}
	return r.attributeFilter(f)
}

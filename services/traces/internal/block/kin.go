package block

import (
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// everything and nothing are queries that every span and no span satisfies.
var (
	everything searchquery.Node = searchquery.And{}
	nothing    searchquery.Node = searchquery.Not{Node: everything}
)

// AsksForKin tells that a query has conditions on other spans of a trace: a block alone does not say which of its spans
// satisfy it.
func (q Query) AsksForKin() bool { return asksForKin(q.Tree) }

func asksForKin(node searchquery.Node) bool {
	asks := false
	searchquery.Walk(node, func(n searchquery.Node) bool {
		_, is := n.(*searchquery.Relative)
		asks = asks || is
		return !asks
	})
	return asks
}

// Relaxed is a query that asks for no kin, which all spans satisfy that may satisfy q.
func (q Query) Relaxed() Query {
	q.Tree = relax(q.Tree, everything)
	return q
}

// relax puts a node in the place of conditions on kin, and its opposite below a Not.
func relax(node, instead searchquery.Node) searchquery.Node {
	switch node := node.(type) {
	case searchquery.And:
		return searchquery.And(relaxAll(node, instead))
	case searchquery.Or:
		return searchquery.Or(relaxAll(node, instead))
	case searchquery.Not:
		opposite := everything
		if and, ok := instead.(searchquery.And); ok && len(and) == 0 {
			opposite = nothing
		}
		return searchquery.Not{Node: relax(node.Node, opposite)}
	case *searchquery.Relative:
		return instead
	}
	return node
}

func relaxAll(nodes []searchquery.Node, instead searchquery.Node) []searchquery.Node {
	relaxed := make([]searchquery.Node, len(nodes))
	for i, node := range nodes {
		relaxed[i] = relax(node, instead)
	}
	return relaxed
}

// Required are queries that ask for no kin, each of which some span of a trace satisfies when one of its spans
// satisfies q.
func (q Query) Required() []Query {
	conjuncts, ok := q.Tree.(searchquery.And)
	if !ok {
		conjuncts = searchquery.And{q.Tree}
	}
	var required []Query
	for _, node := range conjuncts {
		if relative, is := node.(*searchquery.Relative); is {
			inner := Query{Tree: relative.Node, Now: q.Now, ProjectIDs: q.ProjectIDs}
			required = append(required, inner.Relaxed())
			required = append(required, inner.Required()...)
		}
	}
	return required
}

// Parts are the largest parts of a query that a span satisfies or not whatever the others are, in the order in which
// Judge asks for them.
func (q Query) Parts() []Query {
	var parts []Query
	add := func(tree searchquery.Node) {
		parts = append(parts, Query{Tree: tree, Now: q.Now, ProjectIDs: q.ProjectIDs})
	}
	searchquery.Walk(q.Tree, func(node searchquery.Node) bool {
		if asksForKin(node) {
			return true
		}
		add(node)
		return false
	})
	if q.Metric != nil {
		add(everything)
		parts[len(parts)-1].Metric = q.Metric
	}
	return parts
}

// Member is a span of a trace that is judged as a whole.
type Member struct {
	ID, ParentID traces.SpanID
	Parts        []bool // whether it satisfies the parts of the query
}

// Judge says which spans of a trace satisfy a query. They must be all that there are of it.
func (q Query) Judge(members []Member) []bool {
	j := judging{members: members}
	found := j.node(q.Tree)
	if q.Metric != nil {
		found.keep(j.nextPart())
	}
	return found
}

type judging struct {
	members []Member
	part    int // the next one
}

func (j *judging) nextPart() marks {
	found := make(marks, len(j.members))
	for i := range found {
		found[i] = j.members[i].Parts[j.part]
	}
	j.part++
	return found
}

func (j *judging) node(node searchquery.Node) marks {
	if !asksForKin(node) {
		return j.nextPart()
	}
	switch node := node.(type) {
	case searchquery.And:
		found := j.node(node[0])
		for _, below := range node[1:] {
			found.keep(j.node(below))
		}
		return found
	case searchquery.Or:
		found := j.node(node[0])
		for _, below := range node[1:] {
			found.add(j.node(below))
		}
		return found
	case searchquery.Not:
		return j.node(node.Node).not()
	case *searchquery.Relative:
		return j.related(node.Relation, j.node(node.Node))
	}
	panic("block: only these nodes have others below") // the types of nodes are closed
}

// related marks the spans to which a marked span is related.
func (j *judging) related(relation string, marked marks) marks {
	ids := map[traces.SpanID]bool{} // of marked spans, or of those whose child is one
	for i, is := range marked {
		if is && relation == fields.Child {
			ids[j.members[i].ParentID] = true
		} else if is {
			ids[j.members[i].ID] = true
		}
	}
	if relation == fields.Ancestor {
		j.spread(ids)
	}
	found := make(marks, len(j.members))
	for i, m := range j.members {
		if relation == fields.Child {
			found[i] = ids[m.ID]
		} else {
			found[i] = !m.ParentID.IsZero() && ids[m.ParentID]
		}
	}
	return found
}

// spread adds the spans below those that are there. Each is added once, so that loops end.
func (j *judging) spread(ids map[traces.SpanID]bool) {
	children := map[traces.SpanID][]traces.SpanID{}
	for _, m := range j.members {
		if !m.ParentID.IsZero() {
			children[m.ParentID] = append(children[m.ParentID], m.ID)
		}
	}
	var open []traces.SpanID
	for id := range ids {
		open = append(open, id)
	}
	for len(open) > 0 {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		for _, child := range children[id] {
			if !ids[child] {
				ids[child] = true
				open = append(open, child)
			}
		}
	}
}

func (m marks) keep(others marks) {
	for i, holds := range others {
		m[i] = m[i] && holds
	}
}

func (m marks) add(others marks) {
	for i, holds := range others {
		m[i] = m[i] || holds
	}
}

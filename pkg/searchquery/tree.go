package searchquery

// Node is a part of a query: And, Or, Not, *Filter, *FreeText or *Relative. Its String is a query that parses to the same node.
type Node interface {
	String() string
	node()
}

// And holds when all its nodes hold; an empty And, which is what an empty query means, always holds.
// None of its nodes is an And.
type And []Node

// Or holds when one of its two or more nodes holds. None of them is an Or.
type Or []Node

// Not is the word NOT. A negation written with an exclamation mark is in the filter's operator instead.
type Not struct{ Node Node }

// Filter is a condition on one field.
type Filter struct {
	Key    string // internal name of the field, or the name of the tag
	Name   string // the key as written, `is` or `tags[…]` included
	Tag    bool
	Op     Op
	Value  Value
	Column int // where it begins, in characters from 1
}

// Relative is a condition on what is related to that which is looked for, written `parent:(…)`. Only searches whose table
// names the relation have it. It holds when one of those that are so related satisfies the node.
type Relative struct {
	Relation string
	Node     Node
	Column   int
}

// FreeText is text to be found anywhere in the message, in any case. Value is a String or a Pattern; the ends of a
// pattern are not anchored here, see Pattern.MatchWithin.
type FreeText struct {
	Value  Value
	Column int
}

func (And) node()       {}
func (Or) node()        {}
func (Not) node()       {}
func (*Filter) node()   {}
func (*FreeText) node() {}
func (*Relative) node() {}

// Walk calls visit for a node and, when that returns true, for the nodes below it, in the order of the text.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	switch n := n.(type) {
	case And:
		for _, below := range n {
			Walk(below, visit)
		}
	case Or:
		for _, below := range n {
			Walk(below, visit)
		}
	case Not:
		Walk(n.Node, visit)
	case *Relative:
		Walk(n.Node, visit)
	}
}

// newAnd joins nodes so that no And stands directly in an And and none has a single node.
func newAnd(nodes []Node) Node {
	flat := make(And, 0, len(nodes))
	for _, n := range nodes {
		if inner, ok := n.(And); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}

// newOr does for Or what newAnd does for And.
func newOr(nodes []Node) Node {
	flat := make(Or, 0, len(nodes))
	for _, n := range nodes {
		if inner, ok := n.(Or); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}

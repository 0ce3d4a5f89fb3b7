package traces

import (
	"bytes"
	"cmp"
	"slices"
)

// Node is a span in its place in the tree of its trace.
type Node struct {
	Span     Span
	Children []*Node // by start
}

// Tree lays spans out: first the roots, then the spans whose parents are missing, each by start. Spans whose
// parents form a loop hang below the one of them that started first, which counts as one whose parent is missing.
// Of spans with the same id, children go to the first. Every span is in the tree once.
func Tree(spans []Span) []*Node {
	nodes := make([]*Node, len(spans))
	for i := range spans {
		nodes[i] = &Node{Span: spans[i]}
	}
	slices.SortStableFunc(nodes, byStart)
	byID := make(map[SpanID]*Node, len(nodes))
	for _, n := range nodes {
		if byID[n.Span.SpanID] == nil {
			byID[n.Span.SpanID] = n
		}
	}
	childrenOf := make(map[*Node][]*Node, len(nodes))
	var roots, orphans []*Node
	for _, n := range nodes {
		switch parent := byID[n.Span.ParentID]; {
		case n.Span.ParentID.IsZero():
			roots = append(roots, n)
		case parent == nil:
			orphans = append(orphans, n)
		default:
			childrenOf[parent] = append(childrenOf[parent], n)
		}
	}
	return append(roots, growAll(nodes, roots, orphans, childrenOf)...)
}

// growAll fills the children in and gives the orphans, those found in loops included.
func growAll(nodes, roots, orphans []*Node, childrenOf map[*Node][]*Node) []*Node {
	placed := make(map[*Node]bool, len(nodes))
	for _, top := range slices.Concat(roots, orphans) {
		grow(top, childrenOf, placed)
	}
	for _, n := range nodes {
		if !placed[n] {
			orphans = append(orphans, n)
			grow(n, childrenOf, placed)
		}
	}
	slices.SortStableFunc(orphans, byStart)
	return orphans
}

// grow works through a list rather than by recursion: a trace may be thousands of spans deep.
func grow(top *Node, childrenOf map[*Node][]*Node, placed map[*Node]bool) {
	placed[top] = true
	for queue := []*Node{top}; len(queue) > 0; queue = queue[1:] {
		parent := queue[0]
		for _, child := range childrenOf[parent] {
			if !placed[child] {
				placed[child] = true
				parent.Children = append(parent.Children, child)
				queue = append(queue, child)
			}
		}
	}
}

// CutDepth moves what is deeper than so many levels to the end of the list, so that no branch is deeper: decoders
// of many languages refuse messages that are nested a hundred times. A branch that was moved is known by its parent
// being in the tree.
func CutDepth(tops []*Node, levels int) []*Node {
	for i := 0; i < len(tops); i++ {
		level := []*Node{tops[i]}
		for depth := 1; len(level) > 0; depth++ {
			var next []*Node
			for _, n := range level {
				if depth == levels {
					tops = append(tops, n.Children...)
					n.Children = nil
				}
				next = append(next, n.Children...)
			}
			level = next
		}
	}
	return tops
}

func byStart(a, b *Node) int {
	return cmp.Or(
		cmp.Compare(a.Span.StartNanos, b.Span.StartNanos), cmp.Compare(a.Span.EndNanos, b.Span.EndNanos),
		bytes.Compare(a.Span.SpanID[:], b.Span.SpanID[:]), cmp.Compare(a.Span.ProjectID, b.Span.ProjectID),
	)
}

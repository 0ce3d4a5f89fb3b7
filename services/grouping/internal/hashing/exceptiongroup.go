package hashing

import (
	"cmp"
	"slices"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

// chooseOfGroup gives the indexes of the exceptions that are hashed, in order: all of them, except where they are a
// tree with a group of exceptions at its root. Then only the first exceptions below the groups say what happened:
// if they are all alike, the first with what caused it; else one of each kind, and the root.
func chooseOfGroup(exceptions []errorevent.Exception, hashed []variants) []int {
	all := make([]int, len(exceptions))
	for i := range all {
		all[i] = i
	}
	tree, ok := newTree(exceptions)
	if len(exceptions) < 2 || !ok {
		return all
	}
	top, ok := tree.top(tree.root, nil, 0)
	if !ok || len(top) == 0 {
		return all
	}
	slices.SortStableFunc(top, func(a, b int) int { return cmp.Compare(exceptions[b].Type, exceptions[a].Type) })
	distinct := slices.CompactFunc(top, func(a, b int) bool { return treeHash(hashed[a]) == treeHash(hashed[b]) })
	if len(distinct) > 1 {
		return append(distinct, tree.root)
	}
	path, ok := tree.firstPath(distinct[0])
	if !ok {
		return all
	}
	return path
}

// treeHash tells exceptions apart by all that is hashed of them.
func treeHash(v variants) string {
	var values []string
	for _, name := range []string{variantApp, variantSystem} {
		if v[name] != nil {
			values = v[name].leaves(append(values, "\x00"))
		}
	}
	return hashOf(values)
}

type exceptionTree struct {
	exceptions []errorevent.Exception
	children   map[int64][]int
	root       int
}

// newTree needs an id of every exception, each once, and 0 among them.
func newTree(exceptions []errorevent.Exception) (exceptionTree, bool) {
	t := exceptionTree{exceptions: exceptions, children: map[int64][]int{}, root: -1}
	seen := map[int64]bool{}
	for i := len(exceptions) - 1; i >= 0; i-- { // senders list the root last
		m := exceptions[i].Mechanism
		if m.ID == nil || seen[*m.ID] {
			return t, false
		}
		seen[*m.ID] = true
		if *m.ID == 0 {
			t.root = i
		}
		if m.ParentID != nil {
			t.children[*m.ParentID] = append(t.children[*m.ParentID], i)
		}
	}
	return t, t.root >= 0
}

// top collects the first descendants that are no groups. ok is false when the tree is none, because it has a loop.
func (t exceptionTree) top(at int, found []int, depth int) (top []int, ok bool) {
	if depth > len(t.exceptions) || len(found) > len(t.exceptions) {
		return nil, false
	}
	m := t.exceptions[at].Mechanism
	if !m.IsExceptionGroup {
		return append(found, at), true
	}
	for _, child := range t.children[*m.ID] {
		if found, ok = t.top(child, found, depth+1); !ok {
			return nil, false
		}
	}
	return found, true
}

func (t exceptionTree) firstPath(at int) (path []int, ok bool) {
	for len(path) <= len(t.exceptions) {
		path = append(path, at)
		children := t.children[*t.exceptions[at].Mechanism.ID]
		if len(children) == 0 {
			return path, true
		}
		at = children[0]
	}
	return nil, false
}

package hashing

import (
	"slices"

	"github.com/picket-io/picket/services/grouping/internal/stackrules"
)

// Component is a part of an event that may be hashed: a leaf with values, or a node with children.
type Component struct {
	ID       string
	Values   []string
	Children []*Component
	Hint     string           // why it does or does not contribute, or how its value was changed
	Rule     *stackrules.Rule // that decided it
	Tokens   []Token          // that were replaced in its value
	forced   contribution
}

type contribution int8

const (
	byContent contribution = iota // a leaf contributes when it has values, a node when a child does
	never
	always
)

func leaf(id string, values ...string) *Component {
	c := &Component{ID: id}
	for _, value := range values {
		if value != "" {
			c.Values = append(c.Values, value)
		}
	}
	return c
}

func node(id string, children ...*Component) *Component {
	return &Component{ID: id, Children: children}
}

// Contributes tells whether the component is part of the hash, if those above it are.
func (c *Component) Contributes() bool {
	switch c.forced {
	case never:
		return false
	case always:
		return true
	default:
		return len(c.Values) > 0 || slices.ContainsFunc(c.Children, (*Component).Contributes)
	}
}

func (c *Component) mute(hint string) {
	c.forced, c.Hint = never, hint
}

// replace changes the value of a leaf.
func (c *Component) replace(value, hint string) {
	c.Values, c.Hint = []string{value}, hint
}

// leaves appends the values of all leaves that contribute.
func (c *Component) leaves(to []string) []string {
	if !c.Contributes() {
		return to
	}
	to = append(to, c.Values...)
	for _, child := range c.Children {
		to = child.leaves(to)
	}
	return to
}

// has tells whether a contributing component with an id is in the tree.
func (c *Component) has(id string) bool {
	if !c.Contributes() {
		return false
	}
	return c.ID == id || slices.ContainsFunc(c.Children, func(child *Component) bool { return child.has(id) })
}

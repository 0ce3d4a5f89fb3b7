package searchquery

import "fmt"

// aggregate stands in the tree, while it is parsed, for a filter that the search leaves out.
type aggregate struct {
	name   string
	column int
}

func (aggregate) node()            {}
func (a aggregate) String() string { return a.name }

// topLevel marks a filter on an aggregate until its place is judged.
type topLevel struct{ *Filter }

// validate judges what depends on the place of a filter in the tree, and takes the parser's marks out.
func validate(root Node) (Node, error) {
	conjuncts, ok := root.(And)
	if !ok {
		conjuncts = And{root}
	}
	kept := make([]Node, 0, len(conjuncts))
	for _, n := range conjuncts {
		switch n := n.(type) {
		case aggregate:
		case topLevel:
			kept = append(kept, n.Filter)
		default:
			if err := misplaced(n); err != nil {
				return nil, err
			}
			kept = append(kept, n)
		}
	}
	return newAnd(kept), nil
}

func misplaced(n Node) error {
	var found *Error
	Walk(n, func(n Node) bool {
		if found != nil {
			return false
		}
		name, at := "", 0
		switch n := n.(type) {
		case aggregate:
			name, at = n.name, n.column
		case topLevel:
			name, at = n.Name, n.Column
		default:
			return true
		}
		found = &Error{
			Column:   at,
			Message:  fmt.Sprintf("%s is about all matching events together and cannot stand below OR or NOT", name),
			Found:    name,
			Expected: "it beside the other conditions, joined by AND",
		}
		return false
	})
	if found == nil {
		return nil
	}
	return found
}

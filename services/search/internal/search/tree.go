package search

import (
	"strings"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
)

// Split takes the conditions on aggregates, which are about all matching events together, out of a tree. The others
// are about one issue and one of its events. Aggregates stand only at the top: the parser sees to that.
func Split(tree searchquery.Node) (conditions []searchquery.Node, aggregates []*searchquery.Filter) {
	for _, n := range conjuncts(tree) {
		if f, ok := n.(*searchquery.Filter); ok && IsAggregate(f) {
			aggregates = append(aggregates, f)
			continue
		}
		conditions = append(conditions, n)
	}
	return conditions, aggregates
}

// IsAggregate reports whether a condition is about all matching events together.
func IsAggregate(f *searchquery.Filter) bool {
	return !f.Tag && (f.Key == "times_seen" || f.Key == "last_seen")
}

// conjuncts are the nodes that must all hold.
func conjuncts(tree searchquery.Node) []searchquery.Node {
	if and, ok := tree.(searchquery.And); ok {
		return and
	}
	return []searchquery.Node{tree}
}

// NamesFeedback reports whether a query asks for feedback by name, which other searches leave out.
func NamesFeedback(tree searchquery.Node) bool {
	named := false
	searchquery.Walk(tree, func(n searchquery.Node) bool {
		if f, ok := n.(*searchquery.Filter); ok && !f.Tag {
			named = named || namesFeedback(f.Key, f.Value)
		}
		return !named
	})
	return named
}

func namesFeedback(key string, value searchquery.Value) bool {
	switch v := value.(type) {
	case searchquery.List:
		for _, item := range v {
			if namesFeedback(key, item) {
				return true
			}
		}
	case searchquery.Enum:
		switch key {
		case "issue.category":
			return v.Number == int(issue.CategoryFeedback)
		case "issue.type":
			return hasCategory(v.Name, issue.CategoryFeedback)
		}
	}
	return false
}

func hasCategory(slug string, category issue.Category) bool {
	for _, t := range issue.Types() {
		if strings.EqualFold(t.Slug, slug) && t.Category == category {
			return true
		}
	}
	return false
}

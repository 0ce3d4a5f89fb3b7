package server

import (
	"slices"
	"strings"
	"sync"

	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// issueTable is the table of issue search with the types of the registry. Several types may share a slug.
var issueTable = sync.OnceValue(func() *fields.Table {
	var choices []fields.Choice
	for _, t := range issue.Types() {
		choices = append(choices, fields.Choice{Name: t.Slug, Number: int(t.ID)})
	}
	slices.SortFunc(choices, func(a, b fields.Choice) int { return strings.Compare(a.Name, b.Name) })
	choices = slices.CompactFunc(choices, func(a, b fields.Choice) bool { return a.Name == b.Name })
	return fields.Issues(choices...)
})

// parse reads a query; its errors name the request field that held it.
func parse(field, query string) (searchquery.Node, error) {
	tree, err := searchquery.Parse(query, issueTable())
	if err != nil {
		return nil, fault.InvalidField(field, "%s", err.Error())
	}
	return tree, nil
}

// atField makes errors about a query name the request field that held it, where that is not `query`.
func atField(field string, err error) error {
	return fault.Renamed(err, func(string) string { return field })
}

// below makes errors about a request name its fields as those of a field of another request.
func below(field string, err error) error {
	return fault.Renamed(err, func(name string) string {
		if name == actor.Field {
			return name
		}
		return field + "." + name
	})
}

package block

import (
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Needed are the sections that something reads, beside those of traces and times.
type Needed struct{ Spans, Words, Attributes, Rest bool }

// Whole are all sections.
var Whole = Needed{Spans: true, Words: true, Attributes: true, Rest: true}

// With adds the sections that queries read.
func (n Needed) With(queries []Query) Needed {
	for _, q := range queries {
		searchquery.Walk(q.Tree, func(node searchquery.Node) bool {
			switch node := node.(type) {
			case *searchquery.FreeText:
				n.Words = true
			case *searchquery.Filter:
				n.addFilter(node)
			}
			return true
		})
		if m := q.Metric; m != nil {
			n.Words = n.Words || m.SegmentsOnly
			n.Attributes = n.Attributes || m.Source == traces.FromField || m.Source == traces.FromAttribute
		}
	}
	return n
}

func (n *Needed) addFilter(f *searchquery.Filter) {
	_, isWord := wordFields[f.Key]
	_, isID := idFields[f.Key]
	_, isNumber := numberFields[f.Key]
	switch {
	case f.Tag:
		n.Attributes = true
	case isID:
		n.Spans = true
	case isWord:
		n.Words = true
	case isNumber:
	default:
		switch f.Key {
		case "message", "span.status", "is_transaction", "span.kind", "span.module":
			n.Words = true
		case "timestamp", "project", "project.id", "trace":
		default:
			n.Attributes = true
		}
	}
}

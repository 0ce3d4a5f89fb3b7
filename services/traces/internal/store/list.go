package store

import (
	"context"
	"slices"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// List says which spans of one trace are wanted.
type List struct {
	Scope   Scope
	TraceID traces.TraceID
	Queries []block.Query // a span needs to satisfy one of them; all do when there are none
	Fields  []block.Field // what is wanted of each span besides the span
	Sort    []SortKey
	After   []string // Position of the last span of the page before
	Limit   int
}

// Listed is a span in its place in a list.
type Listed struct {
	traces.Span
	Fields   []any // as they were asked for
	Position []string
}

// ListSpans gives spans of one trace, in order.
func (s *Store) ListSpans(ctx context.Context, list List) ([]Listed, error) {
	spans, err := s.spansOf(ctx, "list spans", list.Scope, list.TraceID, list.Queries, list.Fields)
	if err != nil {
		return nil, err
	}
	keys := append(list.Sort[:len(list.Sort):len(list.Sort)], tieBreakers...)
	slices.SortFunc(spans, func(a, b Listed) int { return compareSpans(keys, &a.Span, &b.Span) })
	if len(list.After) == len(keys) {
		after := spanAt(keys, list.After)
		spans = slices.DeleteFunc(spans, func(s Listed) bool { return compareSpans(keys, &s.Span, &after) <= 0 })
	}
	spans = spans[:min(len(spans), list.Limit)]
	for i := range spans {
		spans[i].Position = positionOf(keys, &spans[i].Span)
	}
	return spans, nil
}

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
	Sort    []SortKey
	After   []string // Position of the last span of the page before
	Limit   int
}

// Listed is a span in its place in a list.
type Listed struct {
	traces.Span
	Position []string
}

// ListSpans gives spans of one trace, in order.
func (s *Store) ListSpans(ctx context.Context, list List) ([]Listed, error) {
	spans, err := s.spansOf(ctx, "list spans", list.Scope, list.TraceID, list.Queries)
	if err != nil {
		return nil, err
	}
	keys := append(list.Sort[:len(list.Sort):len(list.Sort)], tieBreakers...)
	slices.SortFunc(spans, func(a, b traces.Span) int { return compareSpans(keys, &a, &b) })
	if len(list.After) == len(keys) {
		after := spanAt(keys, list.After)
		spans = slices.DeleteFunc(spans, func(s traces.Span) bool { return compareSpans(keys, &s, &after) <= 0 })
	}
	listed := make([]Listed, min(len(spans), list.Limit))
	for i := range listed {
		listed[i] = Listed{spans[i], positionOf(keys, &spans[i])}
	}
	return listed, nil
}

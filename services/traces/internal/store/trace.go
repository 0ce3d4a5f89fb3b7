package store

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// maxTraceSpans bounds what is read of a trace id that some client uses for ever.
const maxTraceSpans = 200_000

// ReadTrace gives the spans of one trace by start, at most so many.
func (s *Store) ReadTrace(ctx context.Context, organizationID int64, traceID traces.TraceID, limit int) ([]traces.Span, error) {
	always := Scope{OrganizationID: organizationID, From: time.Unix(0, 0), To: time.Unix(0, math.MaxInt64)}
	listed, err := s.spansOf(ctx, "read trace", always, traceID, nil, nil)
	spans := make([]traces.Span, len(listed))
	for i := range listed {
		spans[i] = listed[i].Span
	}
	slices.SortFunc(spans, func(a, b traces.Span) int { return compareSpans(tieBreakers, &a, &b) })
	return spans[:min(len(spans), limit)], err
}

// spansOf gives the spans of one trace that are looked at and satisfy one of the queries, each once.
func (s *Store) spansOf(ctx context.Context, doing string, scope Scope, traceID traces.TraceID, queries []block.Query, fields []block.Field) ([]Listed, error) {
	queries = anyQuery(queries)
	r := reading{
		scope: scope, sections: block.Whole, order: "oldest",
		need: &block.Need{Traces: block.TraceTokens(scope.OrganizationID, []traces.TraceID{traceID})},
	}
	matching, err := s.matching(ctx, scope, []traces.TraceID{traceID}, queries)
	if err != nil {
		return nil, err
	}
	var all []Listed
	places := map[spanKey]int{}
	err = s.each(ctx, doing, r, func(b, _ *stored) (bool, error) {
		spans, err := b.spansOf(scope, traceID, matching, fields)
		for i := range spans {
			key := keyOf(&spans[i].Span)
			place, known := places[key]
			if !known {
				places[key] = len(all)
				all = append(all, spans[i])
			} else if all[place].SegmentID.IsZero() { // that time it came without its segment
				all[place] = spans[i]
			}
		}
		return len(all) < maxTraceSpans, err
	})
	return all, err
}

func (b *stored) spansOf(scope Scope, traceID traces.TraceID, matching func(*stored) []bool, fields []block.Field) ([]Listed, error) {
	var places []int
	b.EachTrace(func(id traces.TraceID, from, to int) {
		if id != traceID {
			return
		}
		looked, matches := b.looked(scope), matching(b)
		for i := from; i < to; i++ {
			if looked[i] && matches[i] {
				places = append(places, i)
			}
		}
	})
	if len(places) == 0 {
		return nil, b.Err()
	}
	spans, err := b.Spans(places)
	listed := make([]Listed, len(spans))
	for i := range spans {
		listed[i].Span = spans[i]
	}
	for _, field := range fields {
		values := b.Values(field)
		for i, place := range places {
			value, err := values(place)
			if err != nil {
				return nil, err
			}
			listed[i].Fields = append(listed[i].Fields, value)
		}
	}
	return listed, errors.Join(err, b.Err())
}

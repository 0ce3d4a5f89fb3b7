package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Describe says which traces are described, and by which of their spans.
type Describe struct {
	Scope    Scope
	TraceIDs []traces.TraceID
	Queries  []block.Query // whose spans are counted; all spans when there are none
}

// Described is what is told of one trace.
type Described struct {
	TraceID              traces.TraceID
	Spans, Matching      int64
	StartNanos, EndNanos int64
	Segments             []traces.Segment // by start and then the later end first; the slugs of their projects are left open
}

// DescribeTraces counts the spans of some traces and lists their segments, at most so many of each. A trace without
// spans is not in the answer.
func (s *Store) DescribeTraces(ctx context.Context, describe Describe, segmentsPerTrace int) (map[traces.TraceID]*Described, error) {
	queries := anyQuery(describe.Queries)
	r := reading{
		scope: describe.Scope, sections: block.Needed{Spans: true, Words: true}.With(relaxed(queries)),
		need: &block.Need{Traces: block.TraceTokens(describe.Scope.OrganizationID, describe.TraceIDs)},
	}
	matching, err := s.matching(ctx, describe.Scope, describe.TraceIDs, queries)
	if err != nil {
		return nil, err
	}
	d := describing{traces: map[traces.TraceID]*Described{}, segments: map[traces.TraceID][]segment{}, seen: map[spanKey]bool{}}
	for _, id := range describe.TraceIDs {
		d.traces[id] = &Described{TraceID: id}
	}
	err = s.each(ctx, "describe traces", r, func(b, _ *stored) (bool, error) {
		d.add(b, b.looked(r.scope), matching(b))
		return true, b.Err()
	})
	for id, described := range d.traces {
		if described.Spans == 0 {
			delete(d.traces, id)
			continue
		}
		described.Segments = cut(d.segments[id], segmentsPerTrace)
	}
	return d.traces, err
}

// matching gives a function that marks the spans of a block which satisfy one of the queries, of spans of the traces.
func (s *Store) matching(ctx context.Context, scope Scope, ids []traces.TraceID, queries []block.Query) (func(*stored) []bool, error) {
	if !askForKin(queries) {
		return func(b *stored) []bool { return b.matchAny(queries) }, nil
	}
	keys, err := s.judgedKeys(ctx, scope, ids, queries)
	return func(b *stored) []bool { return b.withKeys(keys) }, err
}

func (b *stored) withKeys(keys map[spanKey]bool) []bool {
	found := make([]bool, b.Len())
	b.EachTrace(func(id traces.TraceID, from, to int) {
		for i := from; i < to; i++ {
			found[i] = keys[spanKey{b.ProjectID, id, b.SpanID(i), b.End(i) / 1000}]
		}
	})
	return found
}

// matchAny marks the spans that satisfy one of the queries, or all when there are none.
func (b *stored) matchAny(queries []block.Query) []bool {
	found := make([]bool, b.Len())
	for i := range found {
		found[i] = len(queries) == 0
	}
	for _, q := range queries {
		for i, holds := range b.Match(q) {
			found[i] = found[i] || holds
		}
	}
	return found
}

type segment struct {
	traces.Segment
	spanID traces.SpanID
}

type describing struct {
	traces   map[traces.TraceID]*Described
	segments map[traces.TraceID][]segment
	seen     map[spanKey]bool // and whether it is matching: a copy that knows its segment may satisfy more
}

func (d *describing) add(b *stored, looked, matching []bool) {
	b.EachTrace(func(id traces.TraceID, from, to int) {
		of := d.traces[id]
		for i := from; of != nil && i < to; i++ {
			key := spanKey{b.ProjectID, id, b.SpanID(i), b.End(i) / 1000}
			wasMatching, known := d.seen[key]
			if !looked[i] {
				continue
			}
			if matching[i] && !wasMatching {
				of.Matching++
			}
			d.seen[key] = wasMatching || matching[i]
			if known {
				continue
			}
			if of.Spans == 0 {
				of.StartNanos, of.EndNanos = b.Start(i), b.End(i)
			}
			of.Spans++
			of.StartNanos, of.EndNanos = min(of.StartNanos, b.Start(i)), max(of.EndNanos, b.End(i))
			if s, is := b.Segment(i); is {
				d.segments[id] = append(d.segments[id], segment{s, b.SpanID(i)})
			}
		}
	})
}

func cut(segments []segment, most int) []traces.Segment {
	slices.SortFunc(segments, func(a, b segment) int {
		return cmp.Or(cmp.Compare(a.StartNanos, b.StartNanos), cmp.Compare(b.EndNanos, a.EndNanos),
			cmp.Compare(a.ProjectID, b.ProjectID), bytes.Compare(a.spanID[:], b.spanID[:]))
	})
	var kept []traces.Segment
	for _, s := range segments[:min(len(segments), most)] {
		kept = append(kept, s.Segment)
	}
	return kept
}

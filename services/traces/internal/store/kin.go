package store

import (
	"context"
	"slices"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// A query with conditions on kin is judged in two steps. The relaxed query finds the traces that may have a span that
// satisfies it, with what other spans the query requires; then these traces are read as a whole, some at a time, and judged.

// kin is the scope of the spans that conditions on kin are about: all of the traces, whatever projects and environments
// may match.
func (s Scope) kin() Scope {
	s = s.Wide()
	s.Environments = nil
	return s
}

func askForKin(queries []block.Query) bool {
	return slices.ContainsFunc(queries, block.Query.AsksForKin)
}

// judged is a span of a trace that was judged.
type judged struct {
	key       spanKey
	looked    bool
	satisfied uint64 // a bit for each query
}

// judgedAtOnce is how many traces are held at once to be judged.
const judgedAtOnce = 128

// judge reads some traces and says which queries each of their spans satisfies, in copies as they are stored.
func (s *Store) judge(ctx context.Context, scope Scope, ids []traces.TraceID, queries []block.Query) (map[traces.TraceID][]judged, error) {
	members := make(map[traces.TraceID]*[]member, len(ids))
	for _, id := range ids {
		members[id] = &[]member{}
	}
	var parts [][]block.Query
	sections := block.Needed{Spans: true, Words: len(scope.Environments) > 0}
	for _, q := range queries {
		parts = append(parts, q.Parts())
		sections = sections.With(parts[len(parts)-1])
	}
	r := reading{
		scope: scope.kin(), sections: sections,
		need: &block.Need{Traces: block.TraceTokens(scope.OrganizationID, ids)},
	}
	err := s.each(ctx, "judge traces", r, func(b, _ *stored) (bool, error) {
		b.addMembers(r.scope, scope, parts, members)
		return true, b.Err()
	})
	if err != nil {
		return nil, err
	}
	found := make(map[traces.TraceID][]judged, len(ids))
	for id, of := range members {
		found[id] = judgeTrace(*of, queries)
	}
	return found, nil
}

// member is a span with the parts of each query that it satisfies.
type member struct {
	block.Member
	judged
	parts [][]bool
}

func (b *stored) addMembers(kin, scope Scope, parts [][]block.Query, members map[traces.TraceID]*[]member) {
	var looked, isKin []bool
	var matching [][][]bool
	b.EachTrace(func(id traces.TraceID, from, to int) {
		of := members[id]
		if of == nil {
			return
		}
		if isKin == nil {
			looked, isKin = b.looked(scope), b.looked(kin)
			matching = make([][][]bool, len(parts))
			for q := range parts {
				for _, part := range parts[q] {
					matching[q] = append(matching[q], b.Match(part))
				}
			}
		}
		for i := from; i < to; i++ {
			if !isKin[i] {
				continue
			}
			m := member{
				Member: block.Member{ID: b.SpanID(i), ParentID: b.ParentID(i)},
				judged: judged{key: spanKey{b.ProjectID, id, b.SpanID(i), b.End(i) / 1000}, looked: looked[i]},
			}
			for _, ofQuery := range matching {
				holds := make([]bool, len(ofQuery))
				for p := range ofQuery {
					holds[p] = ofQuery[p][i]
				}
				m.parts = append(m.parts, holds)
			}
			*of = append(*of, m)
		}
	})
}

func judgeTrace(members []member, queries []block.Query) []judged {
	all := make([]block.Member, len(members))
	found := make([]judged, len(members))
	for i := range members {
		all[i], found[i] = members[i].Member, members[i].judged
	}
	for q, query := range queries {
		for i := range members {
			all[i].Parts = members[i].parts[q]
		}
		for i, holds := range query.Judge(all) {
			if holds {
				found[i].satisfied |= 1 << q
			}
		}
	}
	return found
}

// judgedKeys are the spans of some traces that satisfy one of the queries.
func (s *Store) judgedKeys(ctx context.Context, scope Scope, ids []traces.TraceID, queries []block.Query) (map[spanKey]bool, error) {
	keys := map[spanKey]bool{}
	for some := range slices.Chunk(ids, judgedAtOnce) {
		found, err := s.judge(ctx, scope, some, queries)
		if err != nil {
			return nil, err
		}
		for _, spans := range found {
			for _, span := range spans {
				if span.satisfied != 0 {
					keys[span.key] = true
				}
			}
		}
	}
	return keys, nil
}

// relaxed are the queries that a first step asks in the place of others.
func relaxed(queries []block.Query) []block.Query {
	all := make([]block.Query, len(queries))
	for i, q := range queries {
		all[i] = q.Relaxed()
	}
	return all
}

// maxRequired bounds what is asked in the first step, which the second does not depend on.
const maxRequired = 32

// findByKin judges candidates from the first one on, and takes more of them while the page is not full.
func (s *Store) findByKin(ctx context.Context, g *gathering) ([]Matched, error) {
	const more = 4
	var found []Matched
	judged := map[traces.TraceID]bool{}
	for limit := more * g.match.Limit; ; limit *= more {
		candidates, err := s.candidates(ctx, g, limit)
		if err != nil {
			return nil, err
		}
		isAll := len(candidates) != limit || g.match.Order == Longest
		slices.SortFunc(candidates, g.match.Order.compare)
		unjudged := slices.DeleteFunc(slices.Clone(candidates), func(m Matched) bool { return judged[m.TraceID] })
		if found, err = s.confirm(ctx, g, unjudged, found, judged); err != nil {
			return nil, err
		}
		if isAll || g.isFull(found, candidates[limit-1]) {
			return found, nil
		}
	}
}

// candidates are the traces that may match: the first ones in order, or all when there is no limit or no order to stop in.
func (s *Store) candidates(ctx context.Context, g *gathering, limit int) ([]Matched, error) {
	loose := g.match
	loose.Queries = relaxed(g.match.Queries)
	loose.After, loose.Limit = nil, limit // its place among those that match may be a later one
	if g.match.Metric != nil {
		metric := g.match.Metric.Relaxed()
		loose.Metric = &metric
	}
	first := newGathering(loose)
	for _, q := range g.conditions {
		first.required = append(first.required, q.Required()...)
	}
	first.required = first.required[:min(len(first.required), maxRequired)]
	return s.gather(ctx, first)
}

// confirm judges traces that may match, in order, until the page is full of traces that come before all that is left: a
// trace that does match has its place there or later.
func (s *Store) confirm(ctx context.Context, g *gathering, candidates, found []Matched, done map[traces.TraceID]bool) ([]Matched, error) {
	for some := range slices.Chunk(candidates, judgedAtOnce) {
		if g.match.Order != Longest && g.isFull(found, some[0]) {
			break
		}
		ids := make([]traces.TraceID, len(some))
		for i := range some {
			ids[i], done[some[i].TraceID] = some[i].TraceID, true
		}
		spans, err := s.judge(ctx, g.match.Scope, ids, g.conditions)
		if err != nil {
			return nil, err
		}
		exact := newGathering(g.match)
		for id, of := range spans {
			for _, span := range of {
				if span.looked && span.satisfied != 0 {
					exact.addSpan(id, span.satisfied, span.key.endMicros)
				}
			}
		}
		found = append(found, exact.matched()...)
	}
	return found, nil
}

// isFull tells whether a page is full of traces that come before a place.
func (g *gathering) isFull(found []Matched, next Matched) bool {
	before := 0
	for _, m := range found {
		if g.match.isAfter(m) && g.match.Order.compare(m, next) < 0 {
			before++
		}
	}
	return before >= g.match.Limit
}

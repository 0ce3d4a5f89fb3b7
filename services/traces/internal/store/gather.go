package store

import (
	"context"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// fewTraces are so many that their blocks are better looked for one by one.
const fewTraces = 2000

// gather gives traces that have a span for every query, among them the first ones of the order. When one of several
// queries is rare, those that have a span for it are found first, and then read. Otherwise it walks through the blocks by
// time, and stops when what is still to come cannot be on the page.
func (s *Store) gather(ctx context.Context, g *gathering) ([]Matched, error) {
	ids, isFew, err := s.tracesOfRarest(ctx, g)
	if err != nil {
		return nil, err
	}
	if isFew {
		return s.gatherOf(ctx, g.of(ids))
	}
	stopped, err := s.walk(ctx, g)
	if err != nil || !stopped {
		return g.matched(), err
	}
	page := g.page()
	if unsettled := g.unsettled(page[len(page)-1]); len(unsettled) > 0 {
		more, err := s.gatherOf(ctx, g.of(unsettled))
		return append(page, more...), err
	}
	return page, nil
}

func (s *Store) walk(ctx context.Context, g *gathering) (stopped bool, err error) {
	r := reading{scope: g.scope(), sections: g.sections(), need: block.NeedOf(g.match.Scope.OrganizationID, g.asked())}
	if g.match.Limit > 0 {
		r.order = blockOrders[g.match.Order]
	}
	err = s.each(ctx, "match traces", r, func(b, next *stored) (bool, error) {
		g.add(b)
		stopped = next != nil && g.isComplete(next)
		return !stopped, b.Err()
	})
	return stopped, err
}

// tracesOfRarest gives the traces that have a span for a query of which few blocks may have some.
func (s *Store) tracesOfRarest(ctx context.Context, g *gathering) (ids []traces.TraceID, isFew bool, err error) {
	asked := g.asked()
	if len(asked) < 2 {
		return nil, false, nil
	}
	for i, q := range asked {
		if need := block.NeedOf(g.match.Scope.OrganizationID, []block.Query{q}); need == nil || !need.Rare {
			continue
		}
		scope := g.match.Scope
		if i >= len(g.conditions) { // it is required of kin
			scope = g.scope()
		}
		return s.fewTracesOf(ctx, scope, q)
	}
	return nil, false, nil
}

func (s *Store) fewTracesOf(ctx context.Context, scope Scope, q block.Query) (ids []traces.TraceID, isFew bool, err error) {
	g := newGathering(Match{Scope: scope, Queries: []block.Query{q}})
	r := reading{scope: scope, sections: g.sections(), need: block.NeedOf(scope.OrganizationID, g.conditions)}
	err = s.each(ctx, "match traces of a rare query", r, func(b, _ *stored) (bool, error) {
		g.add(b)
		return g.matches <= fewTraces, b.Err()
	})
	for id := range g.traces {
		ids = append(ids, id)
	}
	return ids, len(ids) <= fewTraces, err
}

// gatherOf reads the blocks of the traces that are looked at.
func (s *Store) gatherOf(ctx context.Context, g *gathering) ([]Matched, error) {
	ids := make([]traces.TraceID, 0, len(g.only))
	for id := range g.only {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	r := reading{
		scope: g.scope(), sections: g.sections(),
		need: &block.Need{Traces: block.TraceTokens(g.match.Scope.OrganizationID, ids)},
	}
	err := s.each(ctx, "match some traces", r, func(b, _ *stored) (bool, error) {
		g.add(b)
		return true, b.Err()
	})
	return g.matched(), err
}

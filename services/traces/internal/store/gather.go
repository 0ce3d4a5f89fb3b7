package store

import (
	"context"
	"slices"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// fewTraces are at most so many that their blocks are better looked for one by one.
const fewTraces = 2000

// gather gives traces that have a span for every query, among them the first ones of the order. When one of several
// queries is rare, the traces that have a span for it are found first. Otherwise it walks through the blocks by time, and
// stops when what is still to come cannot be on the page. What other blocks have of traces that lack something is looked
// for last: most traces are in one block, or in two.
func (s *Store) gather(ctx context.Context, g *gathering) ([]Matched, error) {
	if lead, is := g.rarest(); is {
		few := g.anew()
		few.lead = 1 << lead
		if err := s.gatherRare(ctx, few, lead); err != nil {
			return nil, err
		}
		if few.leading <= s.fewTraces {
			err := s.gatherRest(ctx, few, few.led())
			return few.matched(), err
		}
	}
	stopped, err := s.walk(ctx, g)
	if err != nil || !stopped {
		return g.matched(), err
	}
	page := g.page()
	err = s.gatherRest(ctx, g, g.unsettled(page[len(page)-1]))
	return g.page(), err
}

func (s *Store) walk(ctx context.Context, g *gathering) (stopped bool, err error) {
	r := reading{scope: g.scope(), sections: g.sections(), need: block.NeedOf(g.match.Scope.OrganizationID, g.asked())}
	if g.match.Limit > 0 {
		r.order = blockOrders[g.match.Order]
	}
	err = s.each(ctx, "match traces", r, func(b, next *stored) (bool, error) {
		g.add(b)
		stopped = next != nil && g.isComplete(next, s.fewTraces)
		return !stopped, b.Err()
	})
	return stopped, err
}

// gatherRare reads the blocks that may have spans for one query, unless too many traces have some.
func (s *Store) gatherRare(ctx context.Context, g *gathering, lead int) error {
	r := reading{scope: g.scope(), sections: g.sections(), need: g.needOf(lead)}
	return s.each(ctx, "match traces of a rare query", r, func(b, _ *stored) (bool, error) {
		if slices.Contains(b.Match(g.asked()[lead]), true) { // else it is not read, if a trace needs it
			g.add(b)
		}
		return g.leading <= s.fewTraces, b.Err()
	})
}

// gatherRest reads what other blocks have of some traces.
func (s *Store) gatherRest(ctx context.Context, g *gathering, ids []traces.TraceID) error {
	if len(ids) == 0 {
		return nil
	}
	g.only = make(map[traces.TraceID]bool, len(ids))
	for _, id := range ids {
		g.only[id] = true
	}
	r := reading{
		scope: g.scope(), sections: g.sections(), without: g.read,
		need: &block.Need{Traces: block.TraceTokens(g.match.Scope.OrganizationID, ids)},
	}
	return s.each(ctx, "match some traces", r, func(b, _ *stored) (bool, error) {
		g.add(b)
		return true, b.Err()
	})
}

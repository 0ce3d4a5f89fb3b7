package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Match says which traces are wanted.
type Match struct {
	Scope   Scope
	Queries []block.Query // a trace needs a span for each of them; all spans match when there are none
	Metric  *block.Query  // that a trace needs a span for too; it places the trace only where there are no queries
	Order   Order
	After   *Matched
	Limit   int
}

// Order is an order of traces. Traces that are equal in it are ordered by id.
type Order int

// The orders.
const (
	Newest  Order = iota // by the last matching span
	Oldest               // by the first matching span
	Longest              // by the time from the first start to the last end of all spans of a trace
)

// Margin is how far from the window spans of a trace may lie that was found in it. A trace is looked at as a whole;
// the margin only keeps a trace id that some client uses for ever from costing ever more.
const Margin = 24 * time.Hour

// Matched is a trace that matches, in its place in the order.
type Matched struct {
	TraceID   traces.TraceID
	At        time.Time // end of the last matching span, or of the first in the order Oldest
	TookNanos int64     // of the whole trace, in the order Longest
}

var blockOrders = map[Order]string{Newest: "newest DESC", Oldest: "oldest"}

// MatchTraces gives the traces that match, in order.
func (s *Store) MatchTraces(ctx context.Context, match Match) ([]Matched, error) {
	match.Queries = slices.DeleteFunc(slices.Clone(match.Queries), block.Query.MatchesAll)
	g := newGathering(match)
	find := s.gather
	if askForKin(g.conditions) {
		find = s.findByKin
	}
	found, err := find(ctx, g)
	if err != nil {
		return nil, err
	}
	if match.Order == Longest {
		if err := s.measure(ctx, match.Scope, found); err != nil {
			return nil, err
		}
	}
	found = slices.DeleteFunc(found, func(m Matched) bool { return !match.isAfter(m) })
	slices.SortFunc(found, match.Order.compare)
	return found[:min(len(found), match.Limit)], nil
}

func (m *Match) isAfter(found Matched) bool {
	return m.After == nil || m.Order.compare(found, *m.After) > 0
}

func (o Order) compare(a, b Matched) int {
	switch o {
	case Oldest:
		return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.TraceID[:], b.TraceID[:]))
	case Longest:
		return cmp.Or(cmp.Compare(b.TookNanos, a.TookNanos), bytes.Compare(b.TraceID[:], a.TraceID[:]))
	default:
		return cmp.Or(b.At.Compare(a.At), bytes.Compare(b.TraceID[:], a.TraceID[:]))
	}
}

// measure fills in how long traces took. Every one that matches is measured, because any may be the longest.
func (s *Store) measure(ctx context.Context, scope Scope, found []Matched) error {
	const maxTokens = 2000 // beyond it reading everything is cheaper
	r := reading{scope: scope.Wide(), sections: block.Needed{Words: len(scope.Environments) > 0}}
	if len(found) <= maxTokens {
		ids := make([]traces.TraceID, len(found))
		for i := range found {
			ids[i] = found[i].TraceID
		}
		r.need = &block.Need{Traces: block.TraceTokens(scope.OrganizationID, ids)}
	}
	type span struct{ start, end int64 }
	whole := make(map[traces.TraceID]*span, len(found))
	for i := range found {
		whole[found[i].TraceID] = nil
	}
	err := s.each(ctx, "measure traces", r, func(b, _ *stored) (bool, error) {
		looked := b.looked(r.scope)
		b.EachTrace(func(id traces.TraceID, from, to int) {
			of, wanted := whole[id]
			for i := from; wanted && i < to; i++ {
				switch {
				case !looked[i]:
				case of == nil:
					of = &span{b.Start(i), b.End(i)}
					whole[id] = of
				default:
					of.start, of.end = min(of.start, b.Start(i)), max(of.end, b.End(i))
				}
			}
		})
		return true, b.Err()
	})
	for i := range found {
		if of := whole[found[i].TraceID]; of != nil {
			found[i].TookNanos = of.end - of.start
		}
	}
	return err
}

package store

import (
	"slices"
	"time"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// gathering is what is known of traces while blocks are read.
type gathering struct {
	match      Match
	conditions []block.Query // the queries, and then the metric's
	placing    uint64        // the conditions whose spans place a trace, a bit for each; any span does when there are none
	required   []block.Query // that kin of a span need to satisfy too; see kin.go
	traces     map[traces.TraceID]*gathered
}

// gathered is what is known of one trace. That a span is in several blocks makes no difference to it.
type gathered struct {
	satisfied      uint64 // a bit for each condition
	placed         bool
	oldest, newest int64 // ends of the spans that place it, in microseconds
}

func newGathering(match Match) *gathering {
	g := &gathering{match: match, conditions: match.Queries, traces: map[traces.TraceID]*gathered{}}
	if match.Metric != nil {
		g.conditions = append(slices.Clone(match.Queries), *match.Metric)
	}
	g.placing = bits(max(len(match.Queries), min(1, len(g.conditions))))
	return g
}

// bits are the first ones.
func bits(count int) uint64 { return 1<<count - 1 }

func (g *gathering) add(b *stored) {
	looked := b.looked(g.match.Scope)
	satisfied := make([]uint64, b.Len())
	for i, q := range g.conditions {
		for span, holds := range b.Match(q) {
			if holds && looked[span] {
				satisfied[span] |= 1 << i
			}
		}
	}
	for i, q := range g.required {
		for span, holds := range b.Match(q) {
			if holds {
				satisfied[span] |= 1 << (len(g.conditions) + i)
			}
		}
	}
	b.EachTrace(func(id traces.TraceID, from, to int) {
		for span := from; span < to; span++ {
			if satisfied[span] != 0 || len(g.conditions) == 0 && looked[span] {
				g.addSpan(id, satisfied[span], b.End(span)/1000)
			}
		}
	})
}

func (g *gathering) addSpan(id traces.TraceID, satisfied uint64, end int64) {
	of := g.traces[id]
	if of == nil {
		of = &gathered{}
		g.traces[id] = of
	}
	of.satisfied |= satisfied
	switch {
	case g.placing != 0 && satisfied&g.placing == 0:
	case !of.placed:
		of.placed, of.oldest, of.newest = true, end, end
	default:
		of.oldest, of.newest = min(of.oldest, end), max(of.newest, end)
	}
}

func (g *gathering) matches(of *gathered) bool {
	return of.satisfied == bits(len(g.conditions)+len(g.required))
}

// at is the time that places a trace.
func (g *gathering) at(of *gathered) time.Time {
	if g.match.Order == Oldest {
		return time.UnixMicro(of.oldest).UTC()
	}
	return time.UnixMicro(of.newest).UTC()
}

// isComplete tells that the page is full of traces which lie before everything that is still to come. With several
// queries a trace may yet become one that matches, so all blocks are read.
func (g *gathering) isComplete(next *stored) bool {
	if g.match.Order == Longest || len(g.conditions) > 1 || len(g.traces) < g.match.Limit {
		return false
	}
	before := 0
	for id, of := range g.traces {
		at := g.at(of)
		if g.match.After != nil && g.match.Order.compare(Matched{TraceID: id, At: at}, *g.match.After) <= 0 {
			continue
		}
		if g.match.Order == Oldest && at.Before(next.oldest) || g.match.Order == Newest && at.After(next.newest) {
			before++
		}
	}
	return before >= g.match.Limit
}

func (g *gathering) matched() []Matched {
	var found []Matched
	for id, of := range g.traces {
		if g.matches(of) {
			found = append(found, Matched{TraceID: id, At: g.at(of)})
		}
	}
	return found
}

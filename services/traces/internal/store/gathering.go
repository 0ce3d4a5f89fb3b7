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
	conditions []block.Query           // the queries, and then the metric's
	placing    uint64                  // the conditions whose spans place a trace, a bit for each; any span does when there are none
	required   []block.Query           // that kin of a span need to satisfy too; see kin.go
	only       map[traces.TraceID]bool // the traces that are looked at; all when nil

	traces  map[traces.TraceID]*gathered
	lead    uint64 // a condition, as a bit, of which it is known how many traces have a span for it
	leading int    // so many
	matches int    // traces that satisfy all
	read    blockKeys
	checkAt int // after so many blocks it is seen whether the page is full
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

// anew is a gathering of the same that knows nothing yet.
func (g *gathering) anew() *gathering {
	other := newGathering(g.match)
	other.required = g.required
	return other
}

// rarest gives one of several queries of which few blocks seem to have spans.
func (g *gathering) rarest() (place int, is bool) {
	asked := g.asked()
	place = slices.IndexFunc(asked, func(q block.Query) bool {
		need := block.NeedOf(g.match.Scope.OrganizationID, []block.Query{q})
		return need != nil && need.Rare
	})
	return place, place >= 0 && len(asked) > 1
}

func (g *gathering) needOf(place int) *block.Need {
	return block.NeedOf(g.match.Scope.OrganizationID, g.asked()[place:place+1])
}

// asked are all queries that a trace needs a span for.
func (g *gathering) asked() []block.Query { return slices.Concat(g.conditions, g.required) }

// scope is where spans are that are asked for.
func (g *gathering) scope() Scope {
	if len(g.required) > 0 {
		return g.match.Scope.kin()
	}
	return g.match.Scope
}

func (g *gathering) sections() block.Needed {
	return block.Needed{Words: len(g.match.Scope.Environments) > 0}.With(g.asked())
}

// bits are the first ones.
func bits(count int) uint64 { return 1<<count - 1 }

func (g *gathering) add(b *stored) {
	g.read.add(b)
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
		if g.only != nil && !g.only[id] {
			return
		}
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
		if g.isMatch(of) { // nothing is asked
			g.matches++
		}
	}
	g.satisfy(of, satisfied)
	switch {
	case g.placing != 0 && satisfied&g.placing == 0:
	case !of.placed:
		of.placed, of.oldest, of.newest = true, end, end
	default:
		of.oldest, of.newest = min(of.oldest, end), max(of.newest, end)
	}
}

func (g *gathering) satisfy(of *gathered, conditions uint64) {
	added := conditions &^ of.satisfied
	if added == 0 {
		return
	}
	of.satisfied |= added
	if added&g.lead != 0 {
		g.leading++
	}
	if g.isMatch(of) {
		g.matches++
	}
}

func (g *gathering) isMatch(of *gathered) bool {
	return of.satisfied == bits(len(g.conditions)+len(g.required))
}

// at is the time that places a trace.
func (g *gathering) at(of *gathered) time.Time {
	if g.match.Order == Oldest {
		return time.UnixMicro(of.oldest).UTC()
	}
	return time.UnixMicro(of.newest).UTC()
}

// isComplete tells that the page is full of traces which lie before everything that is still to come, and that few of
// those are left which may yet come to lie on it.
func (g *gathering) isComplete(next *stored, few int) bool {
	if g.match.Order == Longest || g.match.Limit == 0 || g.matches < g.match.Limit || len(g.read.ids) < g.checkAt {
		return false
	}
	g.checkAt = len(g.read.ids)*5/4 + 1 // to see costs ever more
	page := g.page()
	if len(page) < g.match.Limit {
		return false
	}
	last := page[len(page)-1]
	isBefore := g.match.Order == Oldest && last.At.Before(next.oldest) || g.match.Order == Newest && last.At.After(next.newest)
	return isBefore && len(g.unsettled(last)) <= few
}

// page is the first traces that match, as far as is known.
func (g *gathering) page() []Matched {
	found := slices.DeleteFunc(g.matched(), func(m Matched) bool { return !g.match.isAfter(m) })
	slices.SortFunc(found, g.match.Order.compare)
	if g.match.Limit > 0 {
		found = found[:min(len(found), g.match.Limit)]
	}
	return found
}

// unsettled are traces that have a place before the last one of the page, and lack a span for some condition.
func (g *gathering) unsettled(last Matched) []traces.TraceID {
	var ids []traces.TraceID
	for id, of := range g.traces {
		if !of.placed || g.isMatch(of) {
			continue
		}
		m := Matched{TraceID: id, At: g.at(of)}
		if g.match.isAfter(m) && g.match.Order.compare(m, last) < 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// led are the traces that have a span for the leading condition.
func (g *gathering) led() []traces.TraceID {
	ids := make([]traces.TraceID, 0, g.leading)
	for id, of := range g.traces {
		if of.satisfied&g.lead != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

func (g *gathering) matched() []Matched {
	var found []Matched
	for id, of := range g.traces {
		if g.isMatch(of) {
			found = append(found, Matched{TraceID: id, At: g.at(of)})
		}
	}
	return found
}

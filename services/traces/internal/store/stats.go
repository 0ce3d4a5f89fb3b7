package store

import (
	"context"
	"slices"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Stats says which series over spans are wanted.
type Stats struct {
	Scope   Scope
	Queries []block.Query // a span needs to satisfy one of them; all do when there are none
	Axes    []Axis
	Buckets traces.Buckets
}

// Axis is an aggregate of a field.
type Axis struct {
	traces.Aggregate
	Field block.Field
}

// maxDistinct bounds the values that are kept to count distinct ones.
const maxDistinct = 2_000_000

// Stats gives a value for each axis and bucket.
func (s *Store) Stats(ctx context.Context, stats Stats) ([][]float64, error) {
	stats.Queries = anyQuery(stats.Queries)
	sections := block.Needed{Spans: true, Words: len(stats.Scope.Environments) > 0}.With(relaxed(stats.Queries))
	for _, axis := range stats.Axes {
		if axis.Field.Key != "" {
			sections = sections.WithField(axis.Field)
		}
	}
	series := newSeries(stats)
	matching, err := s.matchingInWindow(ctx, stats.Scope, stats.Queries)
	if err != nil {
		return nil, err
	}
	// By the earliest end, so that of the spans that were read only those have to be remembered of which a copy may follow.
	r := reading{scope: stats.Scope, sections: sections, order: "oldest", need: block.NeedOf(stats.Scope.OrganizationID, relaxed(stats.Queries))}
	err = s.each(ctx, "stats of spans", r, func(b, _ *stored) (bool, error) {
		if err := series.add(b, matching(b)); err != nil {
			return false, err
		}
		return true, b.Err()
	})
	return series.values(), err
}

// matchingInWindow is like matching, of the spans of all traces.
func (s *Store) matchingInWindow(ctx context.Context, scope Scope, queries []block.Query) (func(*stored) []bool, error) {
	var ids []traces.TraceID
	for _, q := range queries {
		if !askForKin(queries) {
			break
		}
		found, err := s.candidates(ctx, newGathering(Match{Scope: scope, Queries: []block.Query{q}}), 0)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			ids = append(ids, m.TraceID)
		}
	}
	return s.matching(ctx, scope, ids, queries)
}

// anyQuery leaves out queries that ask nothing.
func anyQuery(queries []block.Query) []block.Query {
	return slices.DeleteFunc(slices.Clone(queries), block.Query.MatchesAll)
}

type series struct {
	stats    Stats
	buckets  [][]*traces.Accumulator // by axis
	counted  counted
	distinct int
}

func newSeries(stats Stats) *series {
	s := &series{stats: stats, counted: counted{}}
	for range stats.Axes {
		s.buckets = append(s.buckets, make([]*traces.Accumulator, stats.Buckets.Count))
	}
	return s
}

func (s *series) add(b *stored, matching []bool) error {
	s.counted.forgetBefore(b.oldest.Unix())
	looked := b.looked(s.stats.Scope)
	var places []int
	b.EachTrace(func(id traces.TraceID, from, to int) {
		for i := from; i < to; i++ {
			if looked[i] && matching[i] && s.counted.isFirst(spanKey{b.ProjectID, id, b.SpanID(i), b.End(i) / 1000}) {
				places = append(places, i)
			}
		}
	})
	for i, axis := range s.stats.Axes {
		s.addAxis(b, places, axis, s.buckets[i])
	}
	if s.distinct > maxDistinct {
		return fault.Precondition("TOO_MANY_VALUES", "more than %d distinct values are to be counted; narrow the time range or the queries", maxDistinct)
	}
	return nil
}

func (s *series) addAxis(b *stored, places []int, axis Axis, buckets []*traces.Accumulator) {
	if len(places) == 0 {
		return
	}
	var add func(to *traces.Accumulator, span int)
	switch axis.Function {
	case traces.Count, traces.PerSecond, traces.PerMinute:
		add = func(to *traces.Accumulator, _ int) { to.AddSpan() }
	case traces.CountUnique:
		text := b.Texts(axis.Field)
		add = func(to *traces.Accumulator, span int) {
			if value := text(span); value != "" && to.AddText(value) {
				s.distinct++
			}
		}
	default:
		number := b.Numbers(axis.Field)
		add = func(to *traces.Accumulator, span int) {
			if n, ok := number(span); ok {
				to.AddNumber(n)
			}
		}
	}
	for _, span := range places {
		bucket := s.stats.Buckets.Place(b.End(span) / 1000)
		if buckets[bucket] == nil {
			buckets[bucket] = traces.NewAccumulator(axis.Aggregate, s.stats.Buckets.Interval)
		}
		add(buckets[bucket], span)
	}
}

func (s *series) values() [][]float64 {
	all := make([][]float64, len(s.buckets))
	for axis, buckets := range s.buckets {
		all[axis] = make([]float64, len(buckets))
		for i, bucket := range buckets {
			if bucket != nil {
				all[axis][i] = bucket.Value()
			}
		}
	}
	return all
}

// counted are the spans that were counted, by the second of their end.
type counted map[int64]map[spanKey]bool

func (c counted) isFirst(key spanKey) bool {
	second := key.endMicros / 1e6
	if c[second][key] {
		return false
	}
	if c[second] == nil {
		c[second] = map[spanKey]bool{}
	}
	c[second][key] = true
	return true
}

func (c counted) forgetBefore(second int64) {
	for of := range c {
		if of < second {
			delete(c, of)
		}
	}
}

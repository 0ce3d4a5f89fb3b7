package block

import (
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// MetricCondition holds of spans that are samples of a metric with a value in the bounds.
type MetricCondition struct {
	traces.Metric
	Op       string   // see traces.Summary; of a single value there is only the value
	Min, Max *float64 // inclusive
}

func (c *MetricCondition) admits(s traces.Summary) bool {
	value := s.Max
	if c.Source == traces.FromAttribute {
		value = s.Value(c.Op)
	}
	return (c.Min == nil || value >= *c.Min) && (c.Max == nil || value <= *c.Max)
}

// field is the key of the query language whose numbers are the values.
func (c *MetricCondition) field() *searchquery.Filter { return &searchquery.Filter{Key: c.Key} }

// metric marks the spans of which a condition on a metric holds.
func (r *Reader) metric(c *MetricCondition) marks {
	found := make(marks, r.count)
	r.eachSample(c, func(span int, s traces.Summary) { found[span] = c.admits(s) })
	if c.SegmentsOnly {
		isSegment := r.small(smallIsSegment)
		for i := range found {
			found[i] = found[i] && isSegment[i] == 1
		}
	}
	return found
}

func (r *Reader) eachSample(c *MetricCondition, visit func(span int, s traces.Summary)) {
	switch c.Source {
	case traces.FromDuration, traces.FromSelfTime:
		name := map[traces.SampleSource]string{traces.FromDuration: "span.duration", traces.FromSelfTime: "span.self_time"}[c.Source]
		times, number := r.readTimes(), numberFields[name]
		for i := range r.count {
			visit(i, traces.SummaryOf(number(times, i)))
		}
	case traces.FromField:
		for i, v := range r.firstValues(candidates(c.field()), true) {
			if n, ok := v.number(); ok {
				visit(i, traces.SummaryOf(n))
			}
		}
	case traces.FromAttribute:
		column := r.attribute(c.Key)
		for i, span := range column.spans {
			if v := r.attributes.value(column.values[i]); v.kind == kindJSON {
				if s, ok := traces.ReadSummary(v.content); ok {
					visit(int(span), s)
				}
			}
		}
	}
}

func (h hasher) needOfMetric(c *MetricCondition) *Need {
	switch c.Source {
	case traces.FromField:
		n := &Need{}
		for _, key := range candidates(c.field()) {
			n.Tokens = append(n.Tokens, h.token(tokenKey, key))
		}
		return n
	case traces.FromAttribute:
		return &Need{Tokens: []uint64{h.token(tokenKey, c.Key)}}
	}
	return nil
}

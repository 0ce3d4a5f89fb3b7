package server_test

import (
	"math/rand/v2"

	"google.golang.org/protobuf/proto"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

const oracleMetricKey = "metric.d:custom/load@none"

// randomSummary is what a span may have for a summary: a map or an array of min, max, sum and count, or nothing that is one.
func randomSummary(r *rand.Rand) any {
	least := float64(r.IntN(4))
	most, count := least+float64(r.IntN(4)), 1+r.IntN(3)
	sum := (least + most) / 2 * float64(count)
	switch r.IntN(5) {
	case 0:
		return []any{least, most, sum, count}
	case 1:
		return map[string]any{"min": least, "max": most}
	case 2:
		return least
	}
	return map[string]any{"min": least, "max": most, "sum": sum, "count": count}
}

// summary gives the four numbers of a span's custom metric.
func (s *oracleSpan) summary() (named map[string]float64, ok bool) {
	named = map[string]float64{}
	names := []string{"min", "max", "sum", "count"}
	switch of := s.attributes[oracleMetricKey].(type) {
	case []any:
		for i, name := range names {
			named[name] = asFloat(of[i])
		}
	case map[string]any:
		for _, name := range names {
			if value, has := of[name]; has {
				named[name] = asFloat(value)
			}
		}
	}
	return named, len(named) == len(names)
}

func asFloat(value any) float64 {
	if n, is := value.(int); is {
		return float64(n)
	}
	f, _ := value.(float64)
	return f
}

// firstNumber is the value of the first key that is a number, in the span before in its resource.
func (s *oracleSpan) firstNumber(keys ...string) (float64, bool) {
	for _, value := range s.places(keys...) {
		switch value.(type) {
		case int, float64:
			return asFloat(value), true
		}
	}
	return 0, false
}

// randomMetric makes a condition on a metric and says which spans satisfy it.
func randomMetric(r *rand.Rand, spans []*oracleSpan) (*tracesv1.MetricCondition, func(*oracleSpan) bool) {
	condition := &tracesv1.MetricCondition{Op: pick(r, []string{"", "min", "max", "count", "avg"})}
	always := func(*oracleSpan) bool { return true }
	query := oracleQuery{holds: always}
	if r.IntN(3) == 0 {
		query = randomQuery(r, spans, 1)
		condition.Query = query.text
	}
	scale, applies := 250.0, always
	var value func(*oracleSpan) (float64, bool)
	switch r.IntN(5) {
	case 0:
		condition.Mri, applies = "d:transactions/duration@millisecond", func(s *oracleSpan) bool { return s.isSegment }
		value = func(s *oracleSpan) (float64, bool) { return float64(s.end-s.start) / 1e6, true }
	case 1:
		condition.Mri = "d:spans/exclusive_time@millisecond"
		value = func(s *oracleSpan) (float64, bool) { return float64(s.self) / 1e6, true }
	case 2:
		scale, condition.Mri = 1, "d:spans/webvital.lcp@millisecond"
		value = func(s *oracleSpan) (float64, bool) { return s.firstNumber("lcp") }
	case 3:
		scale, condition.Mri = 1, "d:transactions/measurements.lcp@millisecond"
		applies = func(s *oracleSpan) bool { return s.isSegment }
		value = func(s *oracleSpan) (float64, bool) { return s.firstNumber("lcp") }
	case 4:
		scale, condition.Mri = 1, "d:custom/load@none"
		value = func(s *oracleSpan) (float64, bool) {
			named, ok := s.summary()
			if condition.GetOp() == "" || condition.GetOp() == "avg" {
				return named["sum"] / named["count"], ok
			}
			return named[condition.GetOp()], ok
		}
	}
	if r.IntN(2) == 0 {
		condition.Min = proto.Float64(float64(r.IntN(5)) * scale)
	}
	if r.IntN(2) == 0 {
		condition.Max = proto.Float64(float64(r.IntN(6)) * scale)
	}
	return condition, func(s *oracleSpan) bool {
		v, ok := value(s)
		return ok && applies(s) && query.holds(s) && (condition.Min == nil || v >= condition.GetMin()) && (condition.Max == nil || v <= condition.GetMax())
	}
}

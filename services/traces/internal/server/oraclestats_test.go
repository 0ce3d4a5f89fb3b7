package server_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

var oracleAxes = map[string]func([]*oracleSpan) float64{
	"count()":             func(spans []*oracleSpan) float64 { return float64(len(spans)) },
	"sum(span.self_time)": func(spans []*oracleSpan) float64 { return sum(numbers(spans, selfTime)) },
	"avg()":               func(spans []*oracleSpan) float64 { return sum(numbers(spans, duration)) / max(1, float64(len(spans))) },
	"p75()":               func(spans []*oracleSpan) float64 { return percentile(numbers(spans, duration), 0.75) },
	"max(measurements.lcp)": func(spans []*oracleSpan) float64 {
		return slices.Max(append(numbers(spans, func(s *oracleSpan) (float64, bool) { return s.firstNumber("lcp") }), 0))
	},
	"count_unique(span.op)": func(spans []*oracleSpan) float64 {
		distinct := map[string]bool{}
		for _, s := range spans {
			distinct[s.text["span.op"]] = true
		}
		return float64(len(distinct))
	},
}

func duration(s *oracleSpan) (float64, bool) { return float64(s.end-s.start) / 1e6, true }
func selfTime(s *oracleSpan) (float64, bool) { return float64(s.self) / 1e6, true }

func numbers(spans []*oracleSpan, of func(*oracleSpan) (float64, bool)) []float64 {
	var all []float64
	for _, s := range spans {
		if n, ok := of(s); ok {
			all = append(all, n)
		}
	}
	return all
}

func sum(numbers []float64) float64 {
	total := 0.0
	for _, n := range numbers {
		total += n
	}
	return total
}

func percentile(numbers []float64, q float64) float64 {
	if len(numbers) == 0 {
		return 0
	}
	slices.Sort(numbers)
	place := q * float64(len(numbers)-1)
	below, above := numbers[int(place)], numbers[int(math.Ceil(place))]
	return below + (above-below)*(place-math.Floor(place))
}

// statsAgree compares the series of what a search asks for.
func (h *house) statsAgree(t *testing.T, r *rand.Rand, spans []*oracleSpan, search oracleSearch) bool {
	t.Helper()
	req := &tracesv1.GetStatsRequest{Scope: search.req.GetScope(), Queries: search.req.GetQueries(), IntervalSeconds: pick(r, []int32{0, 1, 7, 3600})}
	var axes []string
	for axis := range oracleAxes {
		axes = append(axes, axis)
	}
	slices.Sort(axes)
	req.YAxes = axes
	resp, err := h.GetStats(t.Context(), req)
	if err != nil {
		t.Errorf("%v: %v", req, err)
		return false
	}
	points := resp.GetSeries()[0].GetPoints()
	interval := retention // of a single bucket
	if len(points) > 1 {
		interval = points[1].GetTime().AsTime().Sub(points[0].GetTime().AsTime())
	}
	buckets := map[time.Time][]*oracleSpan{}
	for _, s := range spans {
		if search.looksAt(s) && search.wants(s) {
			first := points[0].GetTime().AsTime()
			at := first.Add(time.Unix(0, s.end).Sub(first).Truncate(interval))
			buckets[at] = append(buckets[at], s)
		}
	}
	var want, got []string
	for i, axis := range axes {
		for j, point := range resp.GetSeries()[i].GetPoints() {
			at := point.GetTime().AsTime()
			got = append(got, fmt.Sprint(axis, " ", at, " ", point.GetValue()))
			want = append(want, fmt.Sprint(axis, " ", points[0].GetTime().AsTime().Add(time.Duration(j)*interval), " ", oracleAxes[axis](buckets[at])))
		}
	}
	if diff := gocmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
		t.Errorf("series (-oracle +service) of %v:\n%s", req, diff)
		return false
	}
	return true
}

// wants tells whether a span satisfies any of the queries.
func (o oracleSearch) wants(s *oracleSpan) bool {
	return len(o.queries) == 0 || slices.ContainsFunc(o.queries, func(q oracleQuery) bool { return q.holds(s) })
}

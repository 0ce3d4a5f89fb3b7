package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

const sizeMetric = "d:custom/size@byte"

func measured(h *house, t *testing.T) {
	summary := func(least, most, sum float64, count int) map[string]any {
		return map[string]any{"min": least, "max": most, "sum": sum, "count": count}
	}
	h.export(t, of(1,
		span('a', 'a', 60, lasting(4*time.Second), with("sentry.exclusive_time", 10.5), with("metric."+sizeMetric, summary(1, 9, 20, 4))),
		span('a', 'b', 59, below('a'), lasting(30*time.Millisecond), with("lcp", 100), with("color", "red")),
		span('b', 'a', 50, lasting(2*time.Second), with("measurements.lcp", 250.5), with("metric."+sizeMetric, []any{2.0, 3.0, 5.0, 2.0})),
		span('b', 'b', 49, below('a'), with("http.response.body.size", 1000), with("color", "blue")),
		span('c', 'c', 40, with("metric."+sizeMetric, "5"), with("score.total", 0.5), with("color", "red")),
	))
}

func TestTracesAreFoundByAMetric(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	measured(h, t)
	for name, tc := range map[string]struct {
		metric  *tracesv1.MetricCondition
		queries []string
		want    string
	}{
		"duration of segments":       {metric: &tracesv1.MetricCondition{Mri: "d:transactions/duration@millisecond", Min: proto.Float64(2000)}, want: "ba"},
		"bounds are inclusive":       {metric: &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond", Min: proto.Float64(30), Max: proto.Float64(30)}, want: "a"},
		"self time":                  {metric: &tracesv1.MetricCondition{Mri: "d:spans/exclusive_time@millisecond", Max: proto.Float64(10.5)}, want: "a"},
		"a measurement of segments":  {metric: &tracesv1.MetricCondition{Mri: "d:transactions/measurements.lcp@millisecond"}, want: "b"},
		"a web vital":                {metric: &tracesv1.MetricCondition{Mri: "d:spans/webvital.lcp@millisecond"}, want: "ba"},
		"a score":                    {metric: &tracesv1.MetricCondition{Mri: "d:spans/webvital.score.total@ratio", Max: proto.Float64(0.5)}, want: "c"},
		"a size":                     {metric: &tracesv1.MetricCondition{Mri: "d:spans/http.response_content_length@byte", Min: proto.Float64(1000)}, want: "b"},
		"a custom one":               {metric: &tracesv1.MetricCondition{Mri: sizeMetric}, want: "ba"},
		"another unit":               {metric: &tracesv1.MetricCondition{Mri: "d:custom/size@kilobyte"}, want: ""},
		"the average by itself":      {metric: &tracesv1.MetricCondition{Mri: sizeMetric, Min: proto.Float64(5)}, want: "a"},
		"an unknown operation too":   {metric: &tracesv1.MetricCondition{Mri: sizeMetric, Min: proto.Float64(5), Op: "median"}, want: "a"},
		"the minimum":                {metric: &tracesv1.MetricCondition{Mri: sizeMetric, Min: proto.Float64(2), Op: "min"}, want: "b"},
		"the maximum":                {metric: &tracesv1.MetricCondition{Mri: sizeMetric, Max: proto.Float64(3), Op: "max"}, want: "b"},
		"the count":                  {metric: &tracesv1.MetricCondition{Mri: sizeMetric, Min: proto.Float64(3), Op: "count"}, want: "a"},
		"with a query of its own":    {metric: &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond", Query: "color:red"}, want: "ca"},
		"of which no span is one":    {metric: &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond", Query: "color:red", Min: proto.Float64(1001)}, want: ""},
		"and a query, another span":  {metric: &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond", Min: proto.Float64(2000)}, queries: []string{"color:red"}, want: "a"},
		"and a query of no such one": {metric: &tracesv1.MetricCondition{Mri: sizeMetric, Op: "count", Min: proto.Float64(3)}, queries: []string{"color:blue"}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: scope(), Metric: tc.metric, Queries: tc.queries}); got != tc.want {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAMetricListsItsSamplesWhateverIsAskedBesides(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	measured(h, t)
	for _, queries := range [][]string{nil, {"color:red"}} {
		req := &tracesv1.ListSpansRequest{
			Scope: scope(), TraceId: hexTrace('a'), Queries: queries, Metric: &tracesv1.MetricCondition{Mri: sizeMetric, Op: "min", Max: proto.Float64(1)},
		}
		if got := h.listAll(t, req, 0); got != "a" {
			t.Errorf("with %q: %q, want a", queries, got)
		}
	}
}

func TestAnMRIWithoutSamplesIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for mri, field := range map[string]string{"d:sessions/duration@second": "metric.mri", "duration": "metric.mri"} {
		_, err := h.MatchTraces(t.Context(), &tracesv1.MatchTracesRequest{Scope: scope(), Metric: &tracesv1.MetricCondition{Mri: mri}})
		got, text := violation(err)
		if status.Code(err) != codes.InvalidArgument || got != field || !strings.Contains(text, "Unsupported MRI: "+mri) {
			t.Errorf("%s: %v", mri, err)
		}
	}
	bad := &tracesv1.MetricCondition{Mri: sizeMetric, Query: "span.duration:long"}
	_, err := h.MatchTraces(t.Context(), &tracesv1.MatchTracesRequest{Scope: scope(), Metric: bad})
	if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "metric.query" {
		t.Errorf("a bad query: %v", err)
	}
}

package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// seriesOf writes the values of each series as a line.
func (h *house) seriesOf(t *testing.T, req *tracesv1.GetStatsRequest) []string {
	t.Helper()
	resp, err := h.GetStats(t.Context(), req)
	if err != nil {
		t.Fatalf("%v: %v", req, err)
	}
	var lines []string
	for i, series := range resp.GetSeries() {
		if series.GetYAxis() != req.GetYAxes()[i] {
			t.Errorf("series %d is of %s", i, series.GetYAxis())
		}
		var values []string
		for _, point := range series.GetPoints() {
			values = append(values, fmt.Sprint(point.GetValue()))
		}
		lines = append(lines, series.GetYAxis()+" "+strings.Join(values, " "))
	}
	return lines
}

func TestSeriesCountEachSpanOnceAndHaveEveryBucket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := span('a', 'a', 90, lasting(time.Second), with("lcp", 100), with("color", "red"), with("user.id", "1"))
	h.export(t,
		of(1, first, span('a', 'b', 90, lasting(500*time.Millisecond), with("lcp", 200), with("color", "red"), with("user.id", "2")),
			span('b', 'c', 1, lasting(100*time.Millisecond), with("color", "blue"), with("user.id", "1"))),
		of(1, first), // again, in other company
		of(2, span('c', 'd', 1, lasting(300*time.Millisecond))), of(1, span('d', 'x', 200)))
	window := &tracesv1.SpanScope{
		OrganizationId: 1, StartTime: timestamppb.New(now.Truncate(time.Minute).Add(-2 * time.Minute)), EndTime: timestamppb.New(now),
	}
	want := []string{
		"count() 2 2 0", "count_unique(user) 2 1 0", "count_unique(trace) 1 2 0", "sum(span.duration) 1500 400 0", "avg() 750 200 0",
		"min(span.duration) 500 100 0", "max(measurements.lcp) 200 0 0", "p50() 750 200 0", "percentile(span.duration,0.25) 625 150 0", "epm() 2 2 0",
	}
	var axes []string
	for _, line := range want {
		axis, _, _ := strings.Cut(line, " ")
		axes = append(axes, axis)
	}
	if diff := cmp.Diff(want, h.seriesOf(t, &tracesv1.GetStatsRequest{Scope: window, YAxes: axes})); diff != "" {
		t.Error(diff)
	}
	either := &tracesv1.GetStatsRequest{
		Scope: window, YAxes: []string{"count()", "count_unique(tags[color])", "eps()"}, IntervalSeconds: 120,
		Queries: []string{"color:blue", "span.duration:<600ms"},
	}
	want = []string{"count() 3 0", "count_unique(tags[color]) 2 0", "eps() 0.025 0"}
	if diff := cmp.Diff(want, h.seriesOf(t, either)); diff != "" {
		t.Errorf("of spans that satisfy either query: %s", diff)
	}
	open := &tracesv1.GetStatsRequest{Scope: &tracesv1.SpanScope{OrganizationId: 1}, YAxes: []string{"count()"}}
	if got := h.seriesOf(t, open)[0]; !strings.HasSuffix(got, " 0 5") || strings.Count(got, " ") != 91 {
		t.Errorf("of the whole retention time: %s", got)
	}
}

func TestBadSeriesNameTheField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	long := &tracesv1.SpanScope{OrganizationId: 1, StartTime: timestamppb.New(time.Unix(0, 0).AddDate(-40, 0, 0)), EndTime: timestamppb.New(now)}
	for field, req := range map[string]*tracesv1.GetStatsRequest{
		"y_axes":           {Scope: scope()},
		"y_axes[1]":        {Scope: scope(), YAxes: []string{"count()", "median(x)"}},
		"queries[0]":       {Scope: scope(), YAxes: []string{"count()"}, Queries: []string{"span.duration:x"}},
		"scope.start_time": {Scope: long, YAxes: []string{"count()"}},
	} {
		_, err := h.GetStats(t.Context(), req)
		if got, _ := violation(err); status.Code(err) != codes.InvalidArgument || got != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

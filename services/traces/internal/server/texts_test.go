package server_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// The door keeps U+FFFD for a NUL. Requests with one find that, and where a NUL cannot be meant they are refused.
func TestNULInRequestsIsReadAsTheDoorKeepsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'r', 60, with("co\x00lor", "r\x00d"), with("deployment.environment.name", "pro\x00d"),
		with("metric.c:custom/\x00@none", []any{1.0, 1.0, 1.0, 1.0})), span('b', 'r', 50, with("color", "red"))))
	in := scope()
	in.Environments = []string{"pro\x00d"}
	for _, req := range []*tracesv1.MatchTracesRequest{
		{Scope: in},
		{Scope: in, Metric: &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond", Op: "max\x00"}},
		{Scope: scope(), Metric: &tracesv1.MetricCondition{Mri: "c:custom/\x00@none"}},
	} {
		if got := h.match(t, req); got != "a" {
			t.Errorf("%v finds %q", req, got)
		}
	}
	list := func(change func(*tracesv1.ListSpansRequest)) func(context.Context) error {
		return func(ctx context.Context) error {
			req := &tracesv1.ListSpansRequest{Scope: scope(), TraceId: hexTrace('a')}
			change(req)
			_, err := h.ListSpans(ctx, req)
			return err
		}
	}
	for name, call := range map[string]func(context.Context) error{
		"the id of a trace": list(func(r *tracesv1.ListSpansRequest) { r.TraceId = hexTrace('a')[1:] + "\x00" }),
		"sort":              list(func(r *tracesv1.ListSpansRequest) { r.Sort = []string{"timestamp\x00"} }),
		"a page token":      list(func(r *tracesv1.ListSpansRequest) { r.PageToken = "\x00" }),
		"a query":           list(func(r *tracesv1.ListSpansRequest) { r.Queries = []string{"co\x00lor:r\x00d"} }),
		"a metric's query": list(func(r *tracesv1.ListSpansRequest) {
			r.Metric = &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond", Query: "\x00"}
		}),
		"an aggregate": func(ctx context.Context) error {
			_, err := h.GetStats(ctx, &tracesv1.GetStatsRequest{Scope: scope(), YAxes: []string{"count\x00()"}})
			return err
		},
		"the ids of traces": func(ctx context.Context) error {
			_, err := h.DescribeTraces(ctx, &tracesv1.DescribeTracesRequest{Scope: scope(), TraceIds: []string{"\x00"}})
			return err
		},
		"a trace": func(ctx context.Context) error {
			_, err := h.GetTrace(ctx, &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: "\x00"})
			return err
		},
	} {
		if err := call(t.Context()); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	listed, err := h.ListSpans(t.Context(), &tracesv1.ListSpansRequest{Scope: in, TraceId: hexTrace('a'), Fields: []string{"co\x00lor"}})
	if err != nil || len(listed.GetSpans()) != 1 || listed.GetSpans()[0].GetFields().GetFields()["co\x00lor"].GetStringValue() != "r\uFFFDd" {
		t.Errorf("listed %v, %v", listed, err)
	}
	stats, err := h.GetStats(t.Context(), &tracesv1.GetStatsRequest{Scope: scope(), YAxes: []string{"count_unique(co\x00lor)"}})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, point := range stats.GetSeries()[0].GetPoints() {
		sum += point.GetValue()
	}
	if sum != 1 {
		t.Errorf("counted %v values", sum)
	}
}

package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func serving(s *tracev1.Span) { s.Kind = tracev1.Span_SPAN_KIND_SERVER }

func TestATraceIsDescribedOverAllProjects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := span('a', 'r', 60, lasting(4*time.Second), with("color", "red"))
	h.export(t,
		of(1, root, span('a', 's', 59, below('r'), with("color", "blue")), span('a', 't', 58, below('r'))),
		of(2, span('a', 'p', 58, below('s'), serving, with("color", "red"))),
		of(1, span('b', 'r', 30)),
	)
	s := scope()
	s.ProjectIds = []int64{2} // says which traces match, not what is told of them
	resp, err := h.DescribeTraces(t.Context(), &tracesv1.DescribeTracesRequest{
		Scope: s, TraceIds: []string{hexTrace('b'), hexTrace('x'), hexTrace('a'), hexTrace('b')},
		Queries: []string{"color:red", "color:blue"}, BreakdownSlices: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	start := func(secondsAgo int) time.Time { return now.Add(-time.Duration(secondsAgo) * time.Second) }
	ms := func(at time.Time) int64 { return at.UnixMilli() }
	want := &tracesv1.DescribeTracesResponse{Traces: []*tracesv1.TraceSummary{{
		TraceId: hexTrace('b'), ProjectSlug: "shop", Name: "span r", RootDurationMs: 1000, SpanCount: 1,
		StartTime: timestamppb.New(start(30)), EndTime: timestamppb.New(start(29)), DurationMs: 1000,
		Breakdown: []*tracesv1.BreakdownInterval{{
			ProjectSlug: "shop", StartMs: ms(start(30)), EndMs: ms(start(29)), SliceEnd: 4, SliceWidth: 4, DurationMs: 1000, IsRoot: true,
		}},
	}, {
		TraceId: hexTrace('a'), ProjectSlug: "shop", Name: "span r", RootDurationMs: 4000, SpanCount: 4, MatchingSpanCount: 3,
		StartTime: timestamppb.New(start(60)), EndTime: timestamppb.New(start(56)), DurationMs: 4000,
		Breakdown: []*tracesv1.BreakdownInterval{{
			ProjectSlug: "shop", StartMs: ms(start(60)), EndMs: ms(start(56)), SliceEnd: 4, SliceWidth: 4, DurationMs: 4000, IsRoot: true,
		}, {
			ProjectSlug: "pay", StartMs: ms(start(58)), EndMs: ms(start(57)), SliceStart: 2, SliceEnd: 3, SliceWidth: 1, DurationMs: 1000,
		}},
	}}}
	if diff := cmp.Diff(want, resp, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestATraceIsDescribedWholeThoughTheWindowCutsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'r', 7200, lasting(2*time.Hour)), span('a', 'b', 7200, below('r'))))
	narrow := &tracesv1.SpanScope{OrganizationId: 1, StartTime: timestamppb.New(now.Add(-time.Minute)), EndTime: timestamppb.New(now.Add(time.Minute))}
	resp, err := h.DescribeTraces(t.Context(), &tracesv1.DescribeTracesRequest{Scope: narrow, TraceIds: []string{hexTrace('a')}})
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.GetTraces()[0].GetSpanCount(); got != 2 {
		t.Errorf("%d spans, want 2", got)
	}
}

func TestGetTraceGivesATree(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'c', 50, below('r')), span('a', 'b', 55, below('r')), span('a', 'o', 70, below('z'))),
		of(2, span('a', 'd', 54, below('b'))), of(1, span('a', 'r', 60)))
	get := func(maxSpans int32) string {
		resp, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: hexTrace('a'), MaxSpans: maxSpans})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %d %v", outline(resp.GetRoots()), resp.GetSpanCount(), resp.GetTruncated())
	}
	if got, want := get(0), "[span r[span b[span d[]] span c[]] span o[]] 5 false"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := get(3), "[span r[span b[]] span o[]] 3 true"; got != want {
		t.Errorf("the first three: got %s, want %s", got, want)
	}
	_, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: hexTrace('x')})
	if status.Code(err) != codes.NotFound {
		t.Errorf("an unknown trace: %v, want NOT_FOUND", err)
	}
}

func outline(nodes []*tracesv1.TraceNode) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = n.GetSpan().GetDescription() + outline(n.GetChildren())
	}
	return fmt.Sprint(parts)
}

func TestAVeryDeepTraceCanBeRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var spans []*tracev1.Span
	for i := range 300 {
		id := func(n int) []byte { return []byte(fmt.Sprintf("span%04d", n)) }
		spans = append(spans, span('a', 'x', 60, func(s *tracev1.Span) {
			s.SpanId = id(i)
			if i > 0 {
				s.ParentSpanId = id(i - 1)
			}
		}))
	}
	h.export(t, of(1, spans...))
	resp, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: hexTrace('a')})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.GetRoots()) != 6 || resp.GetSpanCount() != 300 {
		t.Errorf("%d branches, %d spans", len(resp.GetRoots()), resp.GetSpanCount())
	}
}

package server_test

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// fakeTraces stands for the traces service: it knows the traces that it was given, whatever is asked of it.
type fakeTraces struct {
	tracesv1.UnimplementedTracesServiceServer
	mu      sync.Mutex
	trees   map[string][]*tracesv1.TraceNode
	order   []string
	refusal error
	asked   *tracesv1.MatchTracesRequest
	stats   *tracesv1.GetStatsRequest
	listed  *tracesv1.ListSpansRequest
}

func (f *fakeTraces) GetStats(_ context.Context, req *tracesv1.GetStatsRequest) (*tracesv1.GetStatsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats = req
	return &tracesv1.GetStatsResponse{Series: []*tracesv1.SpanSeries{{YAxis: req.GetYAxes()[0], Points: []*tracesv1.SpanSeriesPoint{{Value: 5}}}}}, nil
}

func (f *fakeTraces) ListSpans(_ context.Context, req *tracesv1.ListSpansRequest) (*tracesv1.ListSpansResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listed = req
	return &tracesv1.ListSpansResponse{Spans: []*tracesv1.Span{{SpanId: "00f067aa0ba902b7"}}, NextPageToken: "more"}, nil
}

func (f *fakeTraces) MatchTraces(_ context.Context, req *tracesv1.MatchTracesRequest) (*tracesv1.MatchTracesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = req
	if f.refusal != nil {
		return nil, f.refusal
	}
	resp := &tracesv1.MatchTracesResponse{NextPageToken: "more"}
	for _, id := range f.order {
		resp.Matches = append(resp.Matches, &tracesv1.TraceMatch{TraceId: id})
	}
	return resp, nil
}

func (f *fakeTraces) DescribeTraces(_ context.Context, req *tracesv1.DescribeTracesRequest) (*tracesv1.DescribeTracesResponse, error) {
	resp := &tracesv1.DescribeTracesResponse{}
	for _, id := range req.GetTraceIds() {
		resp.Traces = append(resp.Traces, &tracesv1.TraceSummary{TraceId: id, Name: "GET /"})
	}
	return resp, nil
}

func (f *fakeTraces) GetTrace(_ context.Context, req *tracesv1.GetTraceRequest) (*tracesv1.GetTraceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	roots, ok := f.trees[req.GetTraceId()]
	if !ok {
		return nil, status.Error(codes.NotFound, "trace "+req.GetTraceId()+" does not exist")
	}
	return &tracesv1.GetTraceResponse{Roots: roots, SpanCount: 2}, nil
}

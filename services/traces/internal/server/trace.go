package server

import (
	"context"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

const (
	maxSpans = 10_000
	// maxLevels leaves room, below the hundred levels that decoders of many languages read, for what holds the tree
	// and for the attributes of a span.
	maxLevels = 50
)

func (s *Server) GetTrace(ctx context.Context, req *tracesv1.GetTraceRequest) (*tracesv1.GetTraceResponse, error) {
	id, ok := traces.ParseTraceID(req.GetTraceId())
	if !ok {
		return nil, fault.InvalidField("trace_id", "is not a trace id")
	}
	limit := pageSize(req.GetMaxSpans(), maxSpans, maxSpans)
	spans, err := s.store.ReadTrace(ctx, req.GetOrganizationId(), id, limit+1)
	if err != nil {
		return nil, err
	}
	if len(spans) == 0 {
		return nil, fault.Missing("trace", id)
	}
	resp := &tracesv1.GetTraceResponse{Truncated: len(spans) > limit}
	spans = spans[:min(len(spans), limit)]
	resp.SpanCount = int64(len(spans))
	for _, top := range traces.CutDepth(traces.Tree(spans), maxLevels) {
		resp.Roots = append(resp.Roots, nodeToProto(top))
	}
	return resp, nil
}

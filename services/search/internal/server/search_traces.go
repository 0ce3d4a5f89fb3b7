package server

import (
	"context"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/services/search/internal/search"
)

// SearchTraces asks the traces service which traces match and what they look like, and adds how many events of issues
// each has. Its page tokens are those of the traces service.
func (s *Server) SearchTraces(ctx context.Context, req *searchv1.SearchTracesRequest) (*searchv1.SearchTracesResponse, error) {
	w, err := s.window(req, s.now())
	if err != nil {
		return nil, err
	}
	if w.Empty() {
		return &searchv1.SearchTracesResponse{}, nil
	}
	_, all, err := s.projects(ctx, req.GetOrganizationId(), req.GetProjectIds())
	if err != nil {
		return nil, err
	}
	scope := &tracesv1.SpanScope{
		OrganizationId: req.GetOrganizationId(), ProjectIds: req.GetProjectIds(), Environments: req.GetEnvironments(),
		StartTime: req.GetStartTime(), EndTime: req.GetEndTime(),
	}
	matched, err := s.traces.MatchTraces(ctx, &tracesv1.MatchTracesRequest{
		Scope: scope, Queries: req.GetQueries(), Metric: req.GetMetric(), Sort: req.GetSort(),
		PageSize: int32(pageSize(req.GetPageSize())), PageToken: req.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	resp := &searchv1.SearchTracesResponse{NextPageToken: matched.GetNextPageToken()}
	if len(matched.GetMatches()) == 0 {
		return resp, nil
	}
	ids := make([]string, 0, len(matched.GetMatches()))
	for _, m := range matched.GetMatches() {
		ids = append(ids, m.GetTraceId())
	}
	described, err := s.traces.DescribeTraces(ctx, &tracesv1.DescribeTracesRequest{
		Scope: scope, TraceIds: ids, Queries: req.GetQueries(), BreakdownSlices: req.GetBreakdownSlices(),
	})
	if err != nil {
		return nil, err
	}
	resp.Traces = described.GetTraces()
	return resp, s.addCounts(ctx, search.Scope{Projects: all}, ids, resp.GetTraces())
}

// addCounts counts over all projects of the organization, as the summaries do.
func (s *Server) addCounts(ctx context.Context, organization search.Scope, ids []string, traces []*tracesv1.TraceSummary) error {
	counts, err := s.store.TraceCounts(ctx, organization.ProjectIDs(), ids)
	if err != nil {
		return err
	}
	for _, trace := range traces {
		count := counts[trace.GetTraceId()]
		trace.ErrorCount, trace.OccurrenceCount = count.Errors, count.Occurrences
	}
	return nil
}

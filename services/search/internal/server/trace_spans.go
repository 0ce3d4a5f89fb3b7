package server

import (
	"context"
	"strings"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// ListTraceSpans passes the traces service's answer on, for projects of the organization only.
func (s *Server) ListTraceSpans(ctx context.Context, req *searchv1.ListTraceSpansRequest) (*searchv1.ListTraceSpansResponse, error) {
	if _, _, err := s.projects(ctx, req.GetOrganizationId(), req.GetProjectIds()); err != nil {
		return nil, err
	}
	spans, err := s.traces.ListSpans(ctx, &tracesv1.ListSpansRequest{
		Scope:   &tracesv1.SpanScope{OrganizationId: req.GetOrganizationId(), ProjectIds: req.GetProjectIds()},
		TraceId: strings.ToLower(req.GetTraceId()), Queries: req.GetQueries(), Sort: req.GetSort(),
		PageSize: req.GetPageSize(), PageToken: req.GetPageToken(), Metric: req.GetMetric(), Fields: req.GetFields(),
	})
	if err != nil {
		return nil, err
	}
	return &searchv1.ListTraceSpansResponse{Spans: spans.GetSpans(), NextPageToken: spans.GetNextPageToken()}, nil
}

// GetTraceStats passes the traces service's answer on, for projects of the organization only.
func (s *Server) GetTraceStats(ctx context.Context, req *searchv1.GetTraceStatsRequest) (*searchv1.GetTraceStatsResponse, error) {
	if _, err := s.window(req, s.now()); err != nil { // which the traces service would say of other fields
		return nil, err
	}
	if _, _, err := s.projects(ctx, req.GetOrganizationId(), req.GetProjectIds()); err != nil {
		return nil, err
	}
	stats, err := s.traces.GetStats(ctx, &tracesv1.GetStatsRequest{
		Scope: &tracesv1.SpanScope{
			OrganizationId: req.GetOrganizationId(), ProjectIds: req.GetProjectIds(), Environments: req.GetEnvironments(),
			StartTime: req.GetStartTime(), EndTime: req.GetEndTime(),
		},
		Queries: req.GetQueries(), YAxes: req.GetYAxes(), IntervalSeconds: req.GetIntervalSeconds(),
	})
	if err != nil {
		return nil, err
	}
	return &searchv1.GetTraceStatsResponse{Series: stats.GetSeries()}, nil
}

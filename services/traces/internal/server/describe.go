package server

import (
	"context"
	"slices"
	"time"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

const (
	defaultSlices = 40
	maxSegments   = 10_000 // of all traces of a call together
)

func (s *Server) DescribeTraces(ctx context.Context, req *tracesv1.DescribeTracesRequest) (*tracesv1.DescribeTracesResponse, error) {
	now := s.now()
	describe, err := s.describeOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	counts, err := s.store.CountSpans(ctx, describe)
	if err != nil {
		return nil, err
	}
	segments, err := s.store.ListSegments(ctx, describe, maxSegments/len(describe.TraceIDs))
	if err != nil {
		return nil, err
	}
	if err := s.nameProjects(ctx, segments); err != nil {
		return nil, err
	}
	sliceCount := int64(req.GetBreakdownSlices())
	if sliceCount == 0 {
		sliceCount = defaultSlices
	}
	resp := &tracesv1.DescribeTracesResponse{}
	for _, id := range describe.TraceIDs {
		if i := slices.IndexFunc(counts, func(c store.Counts) bool { return c.TraceID == id }); i >= 0 {
			resp.Traces = append(resp.Traces, summary(counts[i], segments[id], sliceCount))
		}
	}
	return resp, nil
}

// describeOf reads a request. Its projects decide which traces match, not what is told of them.
func (s *Server) describeOf(ctx context.Context, req *tracesv1.DescribeTracesRequest, now time.Time) (store.Describe, error) {
	scope, err := scopeOf(req.GetScope(), now)
	if err != nil {
		return store.Describe{}, err
	}
	scope.ProjectIDs = nil
	scope.From, scope.To = scope.From.Add(-store.Margin), scope.To.Add(store.Margin)
	describe := store.Describe{Scope: scope}
	seen := map[traces.TraceID]bool{}
	for i, text := range req.GetTraceIds() {
		id, ok := traces.ParseTraceID(text)
		if !ok {
			return describe, fault.InvalidField("trace_ids", "item %d is not a trace id", i)
		}
		if !seen[id] {
			seen[id] = true
			describe.TraceIDs = append(describe.TraceIDs, id)
		}
	}
	describe.Queries, err = s.queriesOf(ctx, scope.OrganizationID, req.GetQueries(), now)
	return describe, err
}

// nameProjects fills in the slugs. A project that is no more has none.
func (s *Server) nameProjects(ctx context.Context, segments map[traces.TraceID][]traces.Segment) error {
	for _, ofTrace := range segments {
		for i := range ofTrace {
			project, err := s.directory.Project(ctx, ofTrace[i].ProjectID)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			ofTrace[i].ProjectSlug = project.Slug
		}
	}
	return nil
}

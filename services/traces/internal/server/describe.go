package server

import (
	"context"
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
	described, err := s.store.DescribeTraces(ctx, describe, maxSegments/len(describe.TraceIDs))
	if err != nil {
		return nil, err
	}
	if err := s.nameProjects(ctx, described); err != nil {
		return nil, err
	}
	sliceCount := int64(req.GetBreakdownSlices())
	if sliceCount == 0 {
		sliceCount = defaultSlices
	}
	resp := &tracesv1.DescribeTracesResponse{}
	for _, id := range describe.TraceIDs {
		if of, ok := described[id]; ok {
			resp.Traces = append(resp.Traces, summary(of, sliceCount))
		}
	}
	return resp, nil
}

// describeOf reads a request. Its projects decide which traces match, not what is told of them.
func (s *Server) describeOf(ctx context.Context, req *tracesv1.DescribeTracesRequest, now time.Time) (store.Describe, error) {
	scope, err := s.scopeOf(req.GetScope(), now)
	if err != nil {
		return store.Describe{}, err
	}
	describe := store.Describe{Scope: scope.Wide()}
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
func (s *Server) nameProjects(ctx context.Context, described map[traces.TraceID]*store.Described) error {
	for _, of := range described {
		for i := range of.Segments {
			project, err := s.directory.Project(ctx, of.Segments[i].ProjectID)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			of.Segments[i].ProjectSlug = project.Slug
		}
	}
	return nil
}

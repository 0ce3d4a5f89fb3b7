package server

import (
	"context"
	"fmt"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

// CountIssues reads every query before it counts for the first, so that a call fails as a whole.
func (s *Server) CountIssues(ctx context.Context, req *searchv1.CountIssuesRequest) (*searchv1.CountIssuesResponse, error) {
	now := s.now()
	w, err := s.window(req, now)
	if err != nil {
		return nil, err
	}
	scope, err := s.scope(ctx, req.GetOrganizationId(), req.GetProjectIds(), req.GetEnvironments())
	if err != nil {
		return nil, err
	}
	trees := make([]searchquery.Node, 0, len(req.GetQueries()))
	for i, text := range req.GetQueries() {
		tree, err := parse(queriesField(i), text)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	resp := &searchv1.CountIssuesResponse{}
	for i, tree := range trees {
		q := search.Query{Scope: scope, Tree: tree, Window: w.Narrow(tree, now), Now: now}
		n, err := s.count(ctx, q)
		if err != nil {
			return nil, atField(queriesField(i), err)
		}
		resp.Counts = append(resp.Counts, &searchv1.IssueCount{
			Query: req.GetQueries()[i], TotalSize: int32(min(n, defaultCountCap)), TotalSizeCapped: n > defaultCountCap,
		})
	}
	return resp, nil
}

func (s *Server) count(ctx context.Context, q search.Query) (int, error) {
	if len(q.Scope.Projects) == 0 || q.Window.Empty() {
		return 0, nil
	}
	return s.store.Count(ctx, q, defaultCountCap)
}

func queriesField(i int) string { return fmt.Sprintf("queries[%d]", i) }

package server

import (
	"context"
	"encoding/hex"
	"strings"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/shortid"
	"github.com/picket-io/picket/services/search/internal/search"
)

// GetTrace reads a trace and hangs the issues that have events in it on their spans.
func (s *Server) GetTrace(ctx context.Context, req *searchv1.GetTraceRequest) (*searchv1.GetTraceResponse, error) {
	projects, err := s.store.Projects(ctx, req.GetOrganizationId())
	if err != nil {
		return nil, err
	}
	scope := search.Scope{Projects: projects}
	id := strings.ToLower(req.GetTraceId())
	trace, err := s.traces.GetTrace(ctx, &tracesv1.GetTraceRequest{OrganizationId: req.GetOrganizationId(), TraceId: id})
	if err != nil {
		return nil, err
	}
	issues, err := s.store.TraceIssues(ctx, scope.ProjectIDs(), id)
	if err != nil {
		return nil, err
	}
	return &searchv1.GetTraceResponse{
		Roots: trace.GetRoots(), SpanCount: trace.GetSpanCount(), Truncated: trace.GetTruncated(),
		OtherIssues: hang(scope, issues, trace.GetRoots()),
	}, nil
}

// hang gives every node the issues of its span, and returns those that belong to no node.
func hang(scope search.Scope, issues []search.TraceIssue, roots []*tracesv1.TraceNode) []*tracesv1.SpanIssue {
	nodes := map[string]*tracesv1.TraceNode{}
	collectNodes(roots, nodes)
	var others []*tracesv1.SpanIssue
	for _, found := range issues {
		slug := scope.Slug(found.ProjectID)
		issue := &tracesv1.SpanIssue{
			IssueId: found.IssueID, ShortId: shortid.Format(slug, found.ShortID), Title: found.Title,
			EventId: hex.EncodeToString(found.EventID[:]), ProjectId: found.ProjectID,
		}
		if node := nodes[found.SpanID]; node != nil {
			node.Issues = append(node.Issues, issue)
		} else {
			others = append(others, issue)
		}
	}
	return others
}

func collectNodes(below []*tracesv1.TraceNode, nodes map[string]*tracesv1.TraceNode) {
	for _, node := range below {
		nodes[node.GetSpan().GetSpanId()] = node
		collectNodes(node.GetChildren(), nodes)
	}
}

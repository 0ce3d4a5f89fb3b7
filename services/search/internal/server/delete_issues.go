package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/pagetoken"
)

// DeleteIssues finds the issues and has grouping delete or discard them.
func (s *Server) DeleteIssues(ctx context.Context, req *searchv1.DeleteIssuesRequest) (*searchv1.DeleteIssuesResponse, error) {
	bound := proto.CloneOf(req)
	bound.ValidateOnly = false
	unbindQuery(bound.GetIssueQuery())
	sel, err := s.selected(ctx, req, pagetoken.Bind(bound))
	if err != nil {
		return nil, err
	}
	outgoing, err := actor.Forward(ctx)
	if err != nil {
		return nil, err
	}
	deleted, err := s.erase(outgoing, req, sel.toProto())
	if err != nil {
		return nil, err
	}
	resp := &searchv1.DeleteIssuesResponse{}
	resp.Results, resp.AffectedCount = sel.results(deleted)
	resp.ValidationToken, err = sel.token(req)
	return resp, err
}

func (s *Server) erase(ctx context.Context, req *searchv1.DeleteIssuesRequest, selections []*groupingv1.GroupSelection) ([]*groupingv1.GroupResult, error) {
	switch {
	case len(selections) == 0:
		return nil, nil
	case req.GetDiscard():
		answer, err := s.grouping.DiscardGroups(ctx, &groupingv1.DiscardGroupsRequest{Selections: selections, ValidateOnly: req.GetValidateOnly()})
		return answer.GetResults(), err
	default:
		answer, err := s.grouping.DeleteGroups(ctx, &groupingv1.DeleteGroupsRequest{Selections: selections, ValidateOnly: req.GetValidateOnly()})
		return answer.GetResults(), err
	}
}

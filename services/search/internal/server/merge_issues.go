package server

import (
	"context"
	"slices"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/search/internal/search"
)

// MergeIssues has grouping merge issues of one project.
func (s *Server) MergeIssues(ctx context.Context, req *searchv1.MergeIssuesRequest) (*searchv1.MergeIssuesResponse, error) {
	names, err := s.existing(ctx, req.GetOrganizationId(), req.GetIssueIds())
	if err != nil {
		return nil, err
	}
	project := names[0].ProjectID
	if slices.ContainsFunc(names, func(n search.Name) bool { return n.ProjectID != project }) {
		return nil, fault.InvalidField("issue_ids", "name issues of several projects; expected issues of one")
	}
	outgoing, err := actor.Forward(ctx)
	if err != nil {
		return nil, err
	}
	merged, err := s.grouping.MergeGroups(outgoing, &groupingv1.MergeGroupsRequest{
		Selection: &groupingv1.GroupSelection{ProjectId: project, GroupIds: req.GetIssueIds()},
	})
	if err != nil {
		return nil, err
	}
	return &searchv1.MergeIssuesResponse{IssueId: merged.GetGroupId(), MergedIssueIds: merged.GetMergedGroupIds()}, nil
}

// UnmergeIssue has grouping take hashes out of an issue.
func (s *Server) UnmergeIssue(ctx context.Context, req *searchv1.UnmergeIssueRequest) (*searchv1.UnmergeIssueResponse, error) {
	projects, err := s.store.Projects(ctx, req.GetOrganizationId())
	if err != nil {
		return nil, err
	}
	issue, err := s.store.Leads(ctx, search.Scope{Projects: projects}, req.GetIssueId())
	if err != nil {
		return nil, err
	}
	outgoing, err := actor.Forward(ctx)
	if err != nil {
		return nil, err
	}
	unmerged, err := s.grouping.UnmergeHashes(outgoing, &groupingv1.UnmergeHashesRequest{
		ProjectId: issue.ProjectID, GroupId: issue.ID, Hashes: req.GetHashes(),
	})
	if err != nil {
		return nil, err
	}
	return &searchv1.UnmergeIssueResponse{IssueId: unmerged.GetGroupId()}, nil
}

// existing names issues of an organization, all of which must exist.
func (s *Server) existing(ctx context.Context, organizationID int64, ids []int64) ([]search.Name, error) {
	projects, err := s.store.Projects(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Named(ctx, search.Scope{Projects: projects}.ProjectIDs(), ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(names, func(n search.Name) bool { return n.ID == id }) {
			return nil, fault.Missing("issue", id)
		}
	}
	return names, nil
}

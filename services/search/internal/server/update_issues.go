package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/pkg/pagetoken"
)

// UpdateIssues finds the issues and has grouping change them. It fails as a whole only before anything was changed:
// what grouping cannot do afterwards is said for each issue.
func (s *Server) UpdateIssues(ctx context.Context, req *searchv1.UpdateIssuesRequest) (*searchv1.UpdateIssuesResponse, error) {
	bound := proto.CloneOf(req)
	bound.ValidateOnly = false
	unbindQuery(bound.GetIssueQuery())
	if req.GetEtag() != "" && len(req.GetIssueIds().GetIds()) != 1 {
		return nil, fault.InvalidField("etag", "goes with a single id")
	}
	sel, err := s.selected(ctx, req, pagetoken.Bind(bound))
	if err != nil {
		return nil, err
	}
	outgoing, err := actor.Forward(ctx)
	if err != nil {
		return nil, err
	}
	update := &groupingv1.UpdateGroupsRequest{
		Issue: req.GetIssue(), UpdateMask: req.GetUpdateMask(), Etag: req.GetEtag(), ValidateOnly: req.GetValidateOnly(),
		Selections: sel.toProto(),
	}
	answer, err := s.grouping.UpdateGroups(outgoing, update) // where nothing was found it says what is wrong with the change
	if err != nil {
		return nil, err
	}
	resp := &searchv1.UpdateIssuesResponse{}
	resp.Results, resp.AffectedCount = sel.results(answer.GetResults())
	resp.ValidationToken, err = sel.token(req)
	return resp, err
}

// unbindQuery clears what may differ between the call that counts a set and the one that changes it.
func unbindQuery(query *searchv1.IssueQuery) {
	if query != nil {
		query.ValidationToken, query.Force = "", false
	}
}

func (sel selection) toProto() []*groupingv1.GroupSelection {
	projects, ids := sel.byProject()
	selections := make([]*groupingv1.GroupSelection, len(projects))
	for i, project := range projects {
		selections[i] = &groupingv1.GroupSelection{ProjectId: project, GroupIds: ids[project]}
	}
	return selections
}

// results puts grouping's results in the order of the request, with what does not exist between them.
func (sel selection) results(changed []*groupingv1.GroupResult) (results []*searchv1.IssueResult, affected int32) {
	byID := make(map[int64]*groupingv1.GroupResult, len(changed))
	for _, result := range changed {
		byID[result.GetGroupId()] = result
	}
	for _, id := range sel.wanted {
		result := &searchv1.IssueResult{IssueId: id}
		switch of := byID[id].GetResult().(type) {
		case *groupingv1.GroupResult_Issue:
			if result.Unchanged = byID[id].GetUnchanged(); !result.GetUnchanged() {
				affected++
			}
			result.Result = &searchv1.IssueResult_Issue{Issue: of.Issue}
		case *groupingv1.GroupResult_Error:
			result.Result = &searchv1.IssueResult_Error{Error: of.Error}
		default:
			result.Result = &searchv1.IssueResult_Error{Error: grpcserver.StatusOf(fault.Missing("issue", id)).Proto()}
		}
		results = append(results, result)
	}
	return results, affected
}

package server

import (
	"context"
	"strconv"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
)

// UpdateGroups changes groups project by project. What is wrong with the request as a whole changes none.
func (g *Grouping) UpdateGroups(ctx context.Context, req *groupingv1.UpdateGroupsRequest) (*groupingv1.UpdateGroupsResponse, error) {
	change, err := changeFromProto(req.GetIssue(), req.GetUpdateMask().GetPaths())
	if err != nil {
		return nil, err
	}
	if change.Version, err = versionOf(req); err != nil {
		return nil, err
	}
	if change.Status != nil && change.Status.Fix != nil && len(req.GetSelections()) > 1 {
		return nil, fault.InvalidField("issue.status_details", "a release or a commit resolves issues of one project at a time")
	}
	who, err := actor.Of(ctx)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.UpdateGroupsResponse{}
	for _, selection := range req.GetSelections() {
		of := lifecycle.Selection{ProjectID: selection.GetProjectId(), GroupIDs: selection.GetGroupIds()}
		results, err := g.groupResults(ctx, of.ProjectID, g.lifecycle.Update(ctx, of, change, who, req.GetValidateOnly()))
		if err != nil {
			return nil, err
		}
		resp.Results = append(resp.Results, results...)
	}
	return resp, nil
}

// versionOf reads an etag, which is a version as text; 0 when there is none.
func versionOf(req *groupingv1.UpdateGroupsRequest) (int64, error) {
	if req.GetEtag() == "" {
		return 0, nil
	}
	if len(req.GetSelections()) > 1 || len(req.GetSelections()[0].GetGroupIds()) > 1 {
		return 0, fault.InvalidField("etag", "goes with a single group")
	}
	version, err := strconv.ParseInt(req.GetEtag(), 10, 64)
	if err != nil || version <= 0 {
		return 0, fault.InvalidField("etag", "is not an etag of an issue")
	}
	return version, nil
}

func (g *Grouping) groupResults(ctx context.Context, projectID int64, results []lifecycle.Result) ([]*groupingv1.GroupResult, error) {
	project, ok, err := g.store.Project(ctx, projectID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.Missing("project", projectID)
	}
	converted := make([]*groupingv1.GroupResult, len(results))
	for i, result := range results {
		if converted[i], err = groupResultToProto(result, project.Slug); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

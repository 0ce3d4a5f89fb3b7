package server

import (
	"context"
	"strconv"
	"strings"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
	"github.com/picket-io/picket/services/grouping/internal/store"
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
	if err := addUser(&change, who); err != nil {
		return nil, err
	}
	change.Alone = len(req.GetSelections()) == 1 && len(req.GetSelections()[0].GetGroupIds()) == 1
	projects, err := g.projectsOf(ctx, req.GetSelections())
	if err != nil {
		return nil, err
	}
	changes := make([]grouping.Change, len(req.GetSelections()))
	for i, selection := range req.GetSelections() {
		if changes[i], err = g.changeIn(ctx, selection.GetProjectId(), change); err != nil {
			return nil, err
		}
	}
	resp := &groupingv1.UpdateGroupsResponse{}
	for i, selection := range req.GetSelections() { // from here on what fails is told of its groups alone
		of := lifecycle.Selection{ProjectID: selection.GetProjectId(), GroupIDs: selection.GetGroupIds()}
		results := g.lifecycle.Update(ctx, of, changes[i], who, req.GetValidateOnly())
		resp.Results = append(resp.Results, groupResultsToProto(results, projects[i].Slug)...)
	}
	return resp, nil
}

// projectsOf reads the project of each selection, all of which must exist.
func (g *Grouping) projectsOf(ctx context.Context, selections []*groupingv1.GroupSelection) ([]store.Project, error) {
	projects := make([]store.Project, len(selections))
	for i, selection := range selections {
		project, ok, err := g.store.Project(ctx, selection.GetProjectId())
		if err == nil && !ok {
			err = fault.Missing("project", selection.GetProjectId())
		}
		if err != nil {
			return nil, err
		}
		projects[i] = project
	}
	return projects, nil
}

// addUser says whose marks change; only users have any.
func addUser(change *grouping.Change, who string) error {
	id, isUser := strings.CutPrefix(who, "user:")
	if isUser {
		change.UserID = id
	}
	if !isUser && (change.Seen != nil || change.Bookmarked != nil || change.Subscribed != nil) {
		return fault.InvalidField(actor.Field, "must name the user, as `user:ID`, whose bookmark, subscription or sight it is")
	}
	return nil
}

// changeIn is a change as it is made in one project, where the directory allows it.
func (g *Grouping) changeIn(ctx context.Context, projectID int64, change grouping.Change) (grouping.Change, error) {
	if change.Assignee != nil && change.Assignee.Who != "" {
		assignee, violation, err := g.store.Assignee(ctx, projectID, change.Assignee.Who)
		if err == nil && violation == nil && !actor.IsValid(assignee.Who) {
			err = fault.InvalidField("issue.assignee", "names nobody; expected `user:ID`, `team:ID`, or a user's id, name or address")
		}
		if violation != nil {
			err = fault.InvalidRequest(*violation)
		}
		if err != nil {
			return change, err
		}
		change.Assignee = &assignee
	}
	if change.UserID != "" && change.Status != nil && change.Status.Status == issue.Resolved {
		var err error
		if change.SelfAssign, err = g.store.SelfAssigns(ctx, projectID, change.UserID); err != nil {
			return change, err
		}
	}
	if change.Seen != nil && *change.Seen { // others may look, and leave no mark
		isMember, err := g.store.IsMember(ctx, projectID, change.UserID)
		if err != nil {
			return change, err
		}
		if !isMember {
			change.Seen = nil
		}
	}
	return change, nil
}

// versionOf reads an etag, which is a version as text; 0 when there is none.
func versionOf(req *groupingv1.UpdateGroupsRequest) (int64, error) {
	if req.GetEtag() == "" {
		return 0, nil
	}
	if s := req.GetSelections(); len(s) > 1 || len(s) == 1 && len(s[0].GetGroupIds()) > 1 {
		return 0, fault.InvalidField("etag", "goes with a single group")
	}
	version, err := strconv.ParseInt(req.GetEtag(), 10, 64)
	if err != nil || version <= 0 {
		return 0, fault.InvalidField("etag", "is not an etag of an issue")
	}
	return version, nil
}

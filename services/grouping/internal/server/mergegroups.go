package server

import (
	"context"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
)

// MergeGroups merges groups of one project.
func (g *Grouping) MergeGroups(ctx context.Context, req *groupingv1.MergeGroupsRequest) (*groupingv1.MergeGroupsResponse, error) {
	who, err := actor.Of(ctx)
	if err != nil {
		return nil, err
	}
	ids := req.GetSelection().GetGroupIds()
	if len(ids) < 2 {
		return nil, fault.InvalidField("selection.group_ids", "names %d issue; expected two or more", len(ids))
	}
	primary, err := g.lifecycle.Merge(ctx, lifecycle.Selection{ProjectID: req.GetSelection().GetProjectId(), GroupIDs: ids}, who)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.MergeGroupsResponse{GroupId: primary.ID}
	for _, id := range ids {
		if id != primary.ID {
			resp.MergedGroupIds = append(resp.MergedGroupIds, id)
		}
	}
	return resp, nil
}

// UnmergeHashes takes hashes out of a group.
func (g *Grouping) UnmergeHashes(ctx context.Context, req *groupingv1.UnmergeHashesRequest) (*groupingv1.UnmergeHashesResponse, error) {
	who, err := actor.Of(ctx)
	if err != nil {
		return nil, err
	}
	hashes := make([]grouping.Hash, len(req.GetHashes()))
	for i, text := range req.GetHashes() {
		hashes[i] = grouping.HashOf(text)
	}
	id, err := g.lifecycle.Unmerge(ctx, req.GetProjectId(), req.GetGroupId(), hashes, who)
	return &groupingv1.UnmergeHashesResponse{GroupId: id}, err
}

package server_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
)

// fakeGrouping stands for the grouping service: it remembers to whom issues were assigned, and by whom. It refuses
// to change issue 2, and to change anything but the assignee.
type fakeGrouping struct {
	groupingv1.UnimplementedGroupingServiceServer
	mu        sync.Mutex
	assignees map[int64]string
	actor     []string
	discarded map[int64]bool
	merged    string // what was merged or unmerged last, and by whom
}

// MergeGroups lets the issue with the lowest id stay.
func (f *fakeGrouping) MergeGroups(ctx context.Context, req *groupingv1.MergeGroupsRequest) (*groupingv1.MergeGroupsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.merged = fmt.Sprintf("project %d by %v", req.GetSelection().GetProjectId(), metadata.ValueFromIncomingContext(ctx, "picket-actor"))
	ids := slices.Sorted(slices.Values(req.GetSelection().GetGroupIds()))
	return &groupingv1.MergeGroupsResponse{GroupId: ids[0], MergedGroupIds: ids[1:]}, nil
}

// UnmergeHashes answers an issue whose id is higher by 1000.
func (f *fakeGrouping) UnmergeHashes(ctx context.Context, req *groupingv1.UnmergeHashesRequest) (*groupingv1.UnmergeHashesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.merged = fmt.Sprintf("%v of project %d by %v", req.GetHashes(), req.GetProjectId(), metadata.ValueFromIncomingContext(ctx, "picket-actor"))
	return &groupingv1.UnmergeHashesResponse{GroupId: req.GetGroupId() + 1000}, nil
}

func (f *fakeGrouping) DiscardGroups(_ context.Context, req *groupingv1.DiscardGroupsRequest) (*groupingv1.DiscardGroupsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	resp := &groupingv1.DiscardGroupsResponse{}
	for _, selection := range req.GetSelections() {
		for _, id := range selection.GetGroupIds() {
			if !req.GetValidateOnly() {
				f.discarded[id] = true
			}
			resp.Results = append(resp.Results, &groupingv1.GroupResult{
				ProjectId: selection.GetProjectId(), GroupId: id, Result: &groupingv1.GroupResult_Issue{Issue: &issuesv1.Issue{Id: id}},
			})
		}
	}
	return resp, nil
}

func (f *fakeGrouping) UpdateGroups(ctx context.Context, req *groupingv1.UpdateGroupsRequest) (*groupingv1.UpdateGroupsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.actor = metadata.ValueFromIncomingContext(ctx, "picket-actor")
	if paths := req.GetUpdateMask().GetPaths(); !slices.Equal(paths, []string{"assignee"}) {
		return nil, grpcserver.StatusOf(fault.InvalidField("update_mask", "%v cannot be changed", paths)).Err()
	}
	resp := &groupingv1.UpdateGroupsResponse{}
	for _, selection := range req.GetSelections() {
		for _, id := range selection.GetGroupIds() {
			result := &groupingv1.GroupResult{ProjectId: selection.GetProjectId(), GroupId: id}
			if id == 2 {
				result.Result = &groupingv1.GroupResult_Error{Error: status.New(codes.FailedPrecondition, "no").Proto()}
			} else {
				result.Result = &groupingv1.GroupResult_Issue{Issue: &issuesv1.Issue{Id: id, Assignee: req.GetIssue().GetAssignee()}}
				result.Unchanged = f.assignees[id] == req.GetIssue().GetAssignee()
				if !req.GetValidateOnly() {
					f.assignees[id] = req.GetIssue().GetAssignee()
				}
			}
			resp.Results = append(resp.Results, result)
		}
	}
	return resp, nil
}

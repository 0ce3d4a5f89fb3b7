package server

import (
	"context"
	"sync"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/grouping/internal/assign"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// AssignGroups judges the items of every project at the same time, and those of one project in order. An item that
// is not valid fails alone.
func (g *Grouping) AssignGroups(ctx context.Context, req *groupingv1.AssignGroupsRequest) (*groupingv1.AssignGroupsResponse, error) {
	results := make([]*groupingv1.ItemResult, len(req.GetItems()))
	byProject := map[int64]*projectItems{}
	for i, message := range req.GetItems() {
		item, err := checkedItem(message)
		if err != nil {
			results[i] = failedItem(err)
			continue
		}
		of := byProject[message.GetProjectId()]
		if of == nil {
			of = &projectItems{}
			byProject[message.GetProjectId()] = of
		}
		of.items = append(of.items, item)
		of.places = append(of.places, i)
	}

	var group sync.WaitGroup
	for projectID, of := range byProject {
		group.Go(func() {
			judged, err := g.assigner.Items(ctx, projectID, of.items)
			for k, place := range of.places {
				if err != nil {
					results[place] = failedItem(err)
				} else {
					results[place] = itemResult(judged[k])
				}
			}
		})
	}
	group.Wait()
	return &groupingv1.AssignGroupsResponse{Results: results}, nil
}

type projectItems struct {
	items  []grouping.Item
	places []int // in the request
}

func checkedItem(message *groupingv1.Item) (grouping.Item, error) {
	if err := grpcserver.Validate(message); err != nil {
		return grouping.Item{}, err
	}
	return itemFromProto(message)
}

func failedItem(err error) *groupingv1.ItemResult {
	return &groupingv1.ItemResult{Result: &groupingv1.ItemResult_Error{Error: grpcserver.StatusOf(err).Proto()}}
}

func itemResult(result assign.Result) *groupingv1.ItemResult {
	if result.Err != nil {
		return failedItem(result.Err)
	}
	return &groupingv1.ItemResult{Result: &groupingv1.ItemResult_Judgement{
		Judgement: judgementToProto(result.Judgement, result.Project.Slug),
	}}
}

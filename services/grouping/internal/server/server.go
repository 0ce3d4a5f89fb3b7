// Package server answers the calls of the grouping service.
package server

import (
	"context"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/services/grouping/internal/assign"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// Grouping is the GroupingService. RPCs that it does not have yet answer UNIMPLEMENTED.
type Grouping struct {
	groupingv1.UnimplementedGroupingServiceServer
	assigner  *assign.Assigner
	lifecycle *lifecycle.Lifecycle
	store     *store.Store
}

var _ groupingv1.GroupingServiceServer = (*Grouping)(nil)

// NewGrouping makes the service.
func NewGrouping(assigner *assign.Assigner, l *lifecycle.Lifecycle, s *store.Store) *Grouping {
	return &Grouping{assigner: assigner, lifecycle: l, store: s}
}

// CountOutcomes counts judged items by minute of receipt and outcome.
func (g *Grouping) CountOutcomes(ctx context.Context, req *groupingv1.CountOutcomesRequest) (*groupingv1.CountOutcomesResponse, error) {
	counts, err := g.store.Outcomes(ctx, req.GetProjectId(), req.GetStartTime().AsTime(), req.GetEndTime().AsTime())
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.CountOutcomesResponse{}
	for _, count := range counts {
		resp.Counts = append(resp.Counts, outcomeCountToProto(count))
	}
	return resp, nil
}

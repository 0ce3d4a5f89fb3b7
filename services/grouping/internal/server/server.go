// Package server answers the calls of the grouping service.
package server

import (
	"context"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
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
	start, end := req.GetStartTime(), req.GetEndTime()
	switch {
	case !start.IsValid():
		return nil, fault.InvalidField("start_time", "is not a time")
	case !end.IsValid() || end.AsTime().Before(start.AsTime()):
		return nil, fault.InvalidField("end_time", "must not be before start_time")
	}
	counts, err := g.store.Outcomes(ctx, req.GetProjectId(), start.AsTime(), end.AsTime())
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.CountOutcomesResponse{}
	for _, count := range counts {
		resp.Counts = append(resp.Counts, outcomeCountToProto(count))
	}
	return resp, nil
}

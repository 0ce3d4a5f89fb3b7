package server

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// DeleteGroups deletes groups project by project.
func (g *Grouping) DeleteGroups(ctx context.Context, req *groupingv1.DeleteGroupsRequest) (*groupingv1.DeleteGroupsResponse, error) {
	results, err := g.erase(ctx, req.GetSelections(), false, req.GetValidateOnly())
	return &groupingv1.DeleteGroupsResponse{Results: results}, err
}

// DiscardGroups deletes groups and leaves tombstones, to which their hashes lead.
func (g *Grouping) DiscardGroups(ctx context.Context, req *groupingv1.DiscardGroupsRequest) (*groupingv1.DiscardGroupsResponse, error) {
	results, err := g.erase(ctx, req.GetSelections(), true, req.GetValidateOnly())
	return &groupingv1.DiscardGroupsResponse{Results: results}, err
}

func (g *Grouping) erase(ctx context.Context, selections []*groupingv1.GroupSelection, discard, dryRun bool) ([]*groupingv1.GroupResult, error) {
	who, err := actor.Of(ctx)
	if err != nil {
		return nil, err
	}
	projects, err := g.projectsOf(ctx, selections) // before anything is gone
	if err != nil {
		return nil, err
	}
	var all []*groupingv1.GroupResult
	for i, selection := range selections {
		of := lifecycle.Selection{ProjectID: selection.GetProjectId(), GroupIDs: selection.GetGroupIds()}
		all = append(all, groupResultsToProto(g.lifecycle.Erase(ctx, of, discard, who, dryRun), projects[i].Slug)...)
	}
	return all, nil
}

// DeleteTombstone takes a tombstone away.
func (g *Grouping) DeleteTombstone(ctx context.Context, req *groupingv1.DeleteTombstoneRequest) (*groupingv1.DeleteTombstoneResponse, error) {
	return &groupingv1.DeleteTombstoneResponse{}, g.store.DeleteTombstone(ctx, req.GetProjectId(), req.GetTombstoneId())
}

// erasedPosition is the event after which a page begins.
type erasedPosition struct {
	ErasedIn   string
	ProjectID  int64
	Kind       int16
	ItemID     uuid.UUID
	ItemMicros int64
}

// ListErasedEvents lists events in an order in which none comes before one that was listed already.
func (g *Grouping) ListErasedEvents(ctx context.Context, req *groupingv1.ListErasedEventsRequest) (*groupingv1.ListErasedEventsResponse, error) {
	limit := maxPageSize
	if req.GetPageSize() > 0 {
		limit = min(int(req.GetPageSize()), maxPageSize)
	}
	binding := pagetoken.Bind(req)
	var after store.ErasedEvent
	if req.GetPageToken() != "" {
		p, err := pagetoken.Decode[erasedPosition](binding, req.GetPageToken())
		if err != nil {
			return nil, err
		}
		after = store.ErasedEvent{
			ErasedIn: p.ErasedIn, ProjectID: p.ProjectID, Kind: p.Kind, ItemID: p.ItemID, ItemTime: time.UnixMicro(p.ItemMicros),
		}
	}
	events, err := g.store.ErasedEvents(ctx, after, limit)
	if err != nil || len(events) == 0 {
		return &groupingv1.ListErasedEventsResponse{}, err
	}
	resp := &groupingv1.ListErasedEventsResponse{}
	for _, e := range events {
		resp.Events = append(resp.Events, &groupingv1.ErasedEvent{
			ProjectId: e.ProjectID, ItemId: hex.EncodeToString(e.ItemID[:]), ItemTime: timestamppb.New(e.ItemTime),
			EventId: hex.EncodeToString(e.EventID[:]), Kind: int32(e.Kind),
		})
	}
	last := events[len(events)-1]
	resp.NextPageToken, err = pagetoken.Encode(binding, erasedPosition{
		ErasedIn: last.ErasedIn, ProjectID: last.ProjectID, Kind: last.Kind, ItemID: last.ItemID, ItemMicros: last.ItemTime.UnixMicro(),
	})
	return resp, err
}

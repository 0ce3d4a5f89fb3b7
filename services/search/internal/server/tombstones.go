package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/actor"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
)

// ListTombstones lists what is left of discarded issues. A page begins below the last tombstone of the one before.
func (s *Server) ListTombstones(ctx context.Context, req *searchv1.ListTombstonesRequest) (*searchv1.ListTombstonesResponse, error) {
	binding := pagetoken.Bind(req)
	var after *search.TombstonePosition
	if req.GetPageToken() != "" {
		p, err := pagetoken.Decode[search.TombstonePosition](binding, req.GetPageToken())
		if err != nil {
			return nil, err
		}
		after = &p
	}
	named, _, err := s.projects(ctx, req.GetOrganizationId(), req.GetProjectIds())
	if err != nil {
		return nil, err
	}
	limit := pageSize(req.GetPageSize())
	found, err := s.store.Tombstones(ctx, search.Scope{Projects: named}.ProjectIDs(), after, limit+1)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.ListTombstonesResponse{}
	if len(found) > limit {
		found = found[:limit]
		if resp.NextPageToken, err = pagetoken.Encode(binding, found[limit-1].Position()); err != nil {
			return nil, err
		}
	}
	for _, stone := range found {
		resp.Tombstones = append(resp.Tombstones, &searchv1.Tombstone{
			Id: stone.ID, ProjectId: stone.ProjectID, IssueId: stone.IssueID, Title: stone.Title, Culprit: stone.Culprit,
			Level: levels[stone.Level], Actor: stone.Actor, CreateTime: timestamppb.New(stone.CreatedAt),
		})
	}
	return resp, nil
}

// DeleteTombstone has grouping take a tombstone of one of the organization's projects away.
func (s *Server) DeleteTombstone(ctx context.Context, req *searchv1.DeleteTombstoneRequest) (*searchv1.DeleteTombstoneResponse, error) {
	if _, _, err := s.projects(ctx, req.GetOrganizationId(), []int64{req.GetProjectId()}); err != nil {
		return nil, err
	}
	outgoing, err := actor.Forward(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.grouping.DeleteTombstone(outgoing, &groupingv1.DeleteTombstoneRequest{ProjectId: req.GetProjectId(), TombstoneId: req.GetTombstoneId()})
	return &searchv1.DeleteTombstoneResponse{}, err
}

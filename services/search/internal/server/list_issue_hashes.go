package server

import (
	"context"
	"encoding/hex"

	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
)

// ListIssueHashes lists the hashes of an issue, each with its latest event, latest first.
func (s *Server) ListIssueHashes(ctx context.Context, req *searchv1.ListIssueHashesRequest) (*searchv1.ListIssueHashesResponse, error) {
	binding := pagetoken.Bind(req)
	var after *search.HashPosition
	if req.GetPageToken() != "" {
		at, err := pagetoken.Decode[search.HashPosition](binding, req.GetPageToken())
		if err != nil {
			return nil, err
		}
		after = &at
	}
	scope, err := s.scope(ctx, req.GetOrganizationId(), nil, nil)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	hashes, err := s.store.Hashes(ctx, scope, req.GetIssueId(), after, size+1)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.ListIssueHashesResponse{}
	if len(hashes) > size {
		hashes = hashes[:size]
		if resp.NextPageToken, err = pagetoken.Encode(binding, hashes[size-1].Position()); err != nil {
			return nil, err
		}
	}
	for _, h := range hashes {
		converted := &searchv1.IssueHash{Hash: hex.EncodeToString(h.Hash)}
		if h.LatestEvent != nil {
			converted.LatestEventId = hex.EncodeToString(h.LatestEvent[:])
			converted.LatestSeen = timestamppb.New(*h.LatestSeen)
		}
		resp.Hashes = append(resp.Hashes, converted)
	}
	return resp, nil
}

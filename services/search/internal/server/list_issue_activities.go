package server

import (
	"context"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
)

// activityPosition is the activity after which a page begins.
type activityPosition struct {
	Micros int64
	ID     int64
}

// ListIssueActivities reads what happened to an issue, newest first.
func (s *Server) ListIssueActivities(ctx context.Context, req *searchv1.ListIssueActivitiesRequest) (*searchv1.ListIssueActivitiesResponse, error) {
	binding := pagetoken.Bind(req)
	after := activityPosition{Micros: s.now().AddDate(1, 0, 0).UnixMicro(), ID: math.MaxInt64}
	if req.GetPageToken() != "" {
		var err error
		if after, err = pagetoken.Decode[activityPosition](binding, req.GetPageToken()); err != nil {
			return nil, err
		}
	}
	scope, err := s.scope(ctx, req.GetOrganizationId(), nil, nil)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	activities, err := s.store.Activities(ctx, scope, req.GetIssueId(), time.UnixMicro(after.Micros), after.ID, size+1)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.ListIssueActivitiesResponse{}
	if len(activities) > size {
		activities = activities[:size]
		last := activities[size-1]
		if resp.NextPageToken, err = pagetoken.Encode(binding, activityPosition{last.CreatedAt.UnixMicro(), last.ID}); err != nil {
			return nil, err
		}
	}
	for _, a := range activities {
		converted, err := activityToProto(a)
		if err != nil {
			return nil, err
		}
		resp.Activities = append(resp.Activities, converted)
	}
	return resp, nil
}

func activityToProto(a search.Activity) (*searchv1.Activity, error) {
	details := &structpb.Struct{}
	if err := protojson.Unmarshal(a.Details, details); err != nil {
		return nil, fmt.Errorf("details of activity %d: %w", a.ID, err)
	}
	return &searchv1.Activity{Type: a.TypeName(), Actor: a.Actor, Time: timestamppb.New(a.CreatedAt), Details: details}, nil
}

package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/store"
)

const (
	defaultTagValues = 10
	maxTagValues     = 1000
)

// tagPosition is the key or value after which a page begins, with the clock of the first page.
type tagPosition struct {
	NowMicros int64
	After     string
	Events    int64
}

// ListTagKeys reads the keys of the tags of an issue, or of all issues, by name.
func (s *Server) ListTagKeys(ctx context.Context, req *searchv1.ListTagKeysRequest) (*searchv1.ListTagKeysResponse, error) {
	binding := pagetoken.Bind(req)
	at, err := s.tagPosition(req.GetPageToken(), binding)
	if err != nil {
		return nil, err
	}
	q, err := s.tagQuery(ctx, req, at)
	if err != nil || len(q.Scope.Projects) == 0 {
		return &searchv1.ListTagKeysResponse{}, err
	}
	size := pageSize(req.GetPageSize())
	keys, err := s.store.TagKeys(ctx, q, at.After, size+1)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.ListTagKeysResponse{}
	if len(keys) > size {
		keys = keys[:size]
		at.After = keys[size-1].Key
		if resp.NextPageToken, err = pagetoken.Encode(binding, at); err != nil {
			return nil, err
		}
	}
	for _, k := range keys {
		resp.Keys = append(resp.Keys, &searchv1.TagKey{Key: k.Key, Count: k.Events, UniqueValues: k.Values})
	}
	return resp, nil
}

// ListTagValues reads the values of a tag, most frequent first.
func (s *Server) ListTagValues(ctx context.Context, req *searchv1.ListTagValuesRequest) (*searchv1.ListTagValuesResponse, error) {
	binding := pagetoken.Bind(req)
	at, err := s.tagPosition(req.GetPageToken(), binding)
	if err != nil {
		return nil, err
	}
	q, err := s.tagQuery(ctx, req, at)
	if err != nil || len(q.Scope.Projects) == 0 {
		return &searchv1.ListTagValuesResponse{}, err
	}
	var after *search.TagValue
	if req.GetPageToken() != "" {
		after = &search.TagValue{Value: at.After, Events: at.Events}
	}
	size := sizeOr(req.GetPageSize(), defaultTagValues, maxTagValues)
	values, total, err := s.store.TagValues(ctx, q, clean(req.GetKey()), after, size+1)
	if err != nil {
		return nil, err
	}
	resp := &searchv1.ListTagValuesResponse{TotalCount: total}
	if len(values) > size {
		values = values[:size]
		at.After, at.Events = values[size-1].Value, values[size-1].Events
		if resp.NextPageToken, err = pagetoken.Encode(binding, at); err != nil {
			return nil, err
		}
	}
	for _, v := range values {
		resp.Values = append(resp.Values, &searchv1.TagValue{
			Value: v.Value, Count: v.Events, Share: float64(v.Events) / float64(total),
			FirstSeen: timestamppb.New(v.FirstSeen), LastSeen: timestamppb.New(v.LastSeen),
		})
	}
	return resp, nil
}

func (s *Server) tagPosition(token string, binding pagetoken.Binding) (tagPosition, error) {
	if token != "" {
		return pagetoken.Decode[tagPosition](binding, token)
	}
	return tagPosition{NowMicros: s.now().UnixMicro()}, nil
}

// tagRequest is a request about the tags of some events.
type tagRequest interface {
	windowRequest
	GetEnvironments() []string
	GetOrganizationId() int64
	GetProjectIds() []int64
	GetIssueId() int64
}

func (s *Server) tagQuery(ctx context.Context, req tagRequest, at tagPosition) (store.TagQuery, error) {
	window, err := s.window(req, time.UnixMicro(at.NowMicros).UTC())
	if err != nil {
		return store.TagQuery{}, err
	}
	scope, err := s.scope(ctx, req.GetOrganizationId(), req.GetProjectIds(), req.GetEnvironments())
	return store.TagQuery{Scope: scope, IssueID: req.GetIssueId(), Window: window}, err
}

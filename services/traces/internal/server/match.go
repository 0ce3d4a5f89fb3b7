package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

const maxTraces = 100

// matchPosition is where a page of traces ended. It pins what the first page took for now, so that traces that did
// not move are seen once.
type matchPosition struct {
	Now     time.Time `json:"now"`
	At      time.Time `json:"at"`
	Took    int64     `json:"took"`
	TraceID string    `json:"trace_id"`
}

var orders = map[tracesv1.TraceSort]store.Order{
	tracesv1.TraceSort_TRACE_SORT_UNSPECIFIED: store.Newest,
	tracesv1.TraceSort_TRACE_SORT_NEWEST:      store.Newest,
	tracesv1.TraceSort_TRACE_SORT_OLDEST:      store.Oldest,
	tracesv1.TraceSort_TRACE_SORT_LONGEST:     store.Longest,
}

func (s *Server) MatchTraces(ctx context.Context, req *tracesv1.MatchTracesRequest) (*tracesv1.MatchTracesResponse, error) {
	binding := pagetoken.Bind(req)
	now, after, err := s.startOfPage(binding, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	scope, err := s.scopeOf(req.GetScope(), now)
	if err != nil {
		return nil, err
	}
	queries, err := s.queriesOf(ctx, scope.OrganizationID, req.GetQueries(), now)
	if err != nil {
		return nil, err
	}
	metric, err := s.metricOf(ctx, scope.OrganizationID, req.GetMetric(), now)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize(), maxTraces, maxTraces)
	matches, err := s.store.MatchTraces(ctx, store.Match{
		Scope: scope, Queries: queries, Metric: metric, Order: orders[req.GetSort()],
		After: after, Limit: size + 1,
	})
	if err != nil {
		return nil, err
	}
	return pageOfMatches(matches, size, now, binding)
}

func (s *Server) startOfPage(binding pagetoken.Binding, token string) (now time.Time, after *store.Matched, err error) {
	if token == "" {
		return s.now(), nil, nil
	}
	position, err := pagetoken.Decode[matchPosition](binding, token)
	if err != nil {
		return now, nil, err
	}
	traceID, ok := traces.ParseTraceID(position.TraceID)
	if !ok {
		return now, nil, fault.InvalidField("page_token", "is not a page token")
	}
	return position.Now, &store.Matched{TraceID: traceID, At: position.At, TookNanos: position.Took}, nil
}

func pageOfMatches(matches []store.Matched, size int, now time.Time, binding pagetoken.Binding) (*tracesv1.MatchTracesResponse, error) {
	resp := &tracesv1.MatchTracesResponse{}
	if len(matches) > size {
		matches = matches[:size]
		last := matches[size-1]
		token, err := pagetoken.Encode(binding, matchPosition{Now: now, At: last.At, Took: last.TookNanos, TraceID: last.TraceID.String()})
		if err != nil {
			return nil, err
		}
		resp.NextPageToken = token
	}
	for _, m := range matches {
		resp.Matches = append(resp.Matches, &tracesv1.TraceMatch{TraceId: m.TraceID.String(), MatchedTime: timestamppb.New(m.At)})
	}
	return resp, nil
}

func pageSize(asked int32, whenZero, most int) int {
	if asked <= 0 {
		return whenZero
	}
	return min(int(asked), most)
}

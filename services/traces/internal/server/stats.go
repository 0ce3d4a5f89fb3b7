package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// maxStatsDays makes a series of a day's buckets no longer than others.
const maxStatsDays = 10_000

func (s *Server) GetStats(ctx context.Context, req *tracesv1.GetStatsRequest) (*tracesv1.GetStatsResponse, error) {
	now := s.now()
	scope, err := s.scopeOf(req.GetScope(), now)
	if err != nil {
		return nil, err
	}
	if req.GetScope().GetEndTime() == nil && scope.From.Before(now) { // a series does not go on where no span can be expected yet
		scope.To = now
	}
	if scope.To.Sub(scope.From) > maxStatsDays*24*time.Hour {
		return nil, fault.InvalidField("scope.start_time", "is more than %d days before the end", maxStatsDays)
	}
	stats := store.Stats{Scope: scope, Buckets: traces.BucketsOf(scope.From, scope.To, time.Duration(req.GetIntervalSeconds())*time.Second)}
	if stats.Queries, err = s.queriesOf(ctx, scope.OrganizationID, req.GetQueries(), now); err != nil {
		return nil, err
	}
	for i, text := range req.GetYAxes() {
		axis, err := axisOf(text)
		if err != nil {
			return nil, fault.InvalidField(fmt.Sprintf("y_axes[%d]", i), "%v", err)
		}
		stats.Axes = append(stats.Axes, axis)
	}
	values, err := s.store.Stats(ctx, stats)
	if err != nil {
		return nil, err
	}
	resp := &tracesv1.GetStatsResponse{}
	for i, text := range req.GetYAxes() {
		series := &tracesv1.SpanSeries{YAxis: text}
		for place, value := range values[i] {
			at := timestamppb.New(stats.Buckets.Start(place))
			series.Points = append(series.Points, &tracesv1.SpanSeriesPoint{Time: at, Value: value})
		}
		resp.Series = append(resp.Series, series)
	}
	return resp, nil
}

func axisOf(text string) (store.Axis, error) {
	aggregate, err := traces.ParseAggregate(text)
	if err != nil {
		return store.Axis{}, err
	}
	return store.Axis{Aggregate: aggregate, Field: fieldOf(aggregate.Field)}, nil
}

// fieldOf reads the name of a field, or of an attribute in `tags[…]`.
func fieldOf(text string) block.Field {
	name, isTag := strings.CutPrefix(traces.Clean(text), "tags[")
	name = strings.TrimSuffix(name, "]")
	field, _ := spanFields.Lookup(name)
	return block.Field{Key: field.Name, Tag: isTag || field.Tag}
}

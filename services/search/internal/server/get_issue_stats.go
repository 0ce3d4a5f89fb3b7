package server

import (
	"context"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/search/internal/search"
)

// GetIssueStats answers a series for each issue, in the order of the request. An issue that does not exist fails the
// call.
func (s *Server) GetIssueStats(ctx context.Context, req *searchv1.GetIssueStatsRequest) (*searchv1.GetIssueStatsResponse, error) {
	wanted := seriesOf[req.GetStatsPeriod()]
	if wanted == search.NoSeries {
		return nil, fault.InvalidField("stats_period", "says which series are wanted and cannot be left out")
	}
	now := s.now()
	w, err := s.window(req, now)
	if err != nil {
		return nil, err
	}
	if w.Empty() {
		return nil, fault.InvalidField("end_time", "lies before the retention time of %s", s.retention)
	}
	scope, err := s.scope(ctx, req.GetOrganizationId(), nil, req.GetEnvironments())
	if err != nil {
		return nil, err
	}
	q := search.Query{Scope: scope, Window: w, Now: now}
	rows, err := s.store.Series(ctx, q, search.NewBuckets(wanted, w, now), req.GetIssueIds())
	if err != nil {
		return nil, err
	}
	byID := map[int64][]search.Point{}
	for _, row := range rows {
		byID[row.Issue.ID] = row.Series
	}
	resp := &searchv1.GetIssueStatsResponse{}
	for _, id := range req.GetIssueIds() {
		series, ok := byID[id]
		if !ok {
			return nil, fault.Missing("issue", id)
		}
		resp.Issues = append(resp.Issues, &searchv1.IssueStats{IssueId: id, Points: pointsToProto(series)})
	}
	return resp, nil
}

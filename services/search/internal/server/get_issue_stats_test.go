package server_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestSeriesComeInTheOrderOfTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	resp, err := w.GetIssueStats(t.Context(), &searchv1.GetIssueStatsRequest{
		OrganizationId: 1, IssueIds: []int64{7, 2, 9}, StatsPeriod: searchv1.StatsPeriod_STATS_PERIOD_FORTNIGHT,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ id, events int64 }{{7, 3}, {2, 1}, {9, 0}}
	for i, got := range resp.GetIssues() {
		events := int64(0)
		for _, p := range got.GetPoints() {
			events += p.GetCount()
		}
		if got.GetIssueId() != want[i].id || events != want[i].events || len(got.GetPoints()) != 14 {
			t.Errorf("issue %d: %d events in %d buckets, want issue %d: %d", got.GetIssueId(), events, len(got.GetPoints()), want[i].id, want[i].events)
		}
	}
}

func TestSeriesOfIssuesThatDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedStory(t, w)
	req := &searchv1.GetIssueStatsRequest{OrganizationId: 1, IssueIds: []int64{1, 8}, StatsPeriod: searchv1.StatsPeriod_STATS_PERIOD_DAY}
	_, err := w.GetIssueStats(t.Context(), req)
	wantMissing(t, err, "issue", "8")
	req.StatsPeriod = searchv1.StatsPeriod_STATS_PERIOD_UNSPECIFIED
	_, err = w.GetIssueStats(t.Context(), req)
	if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "stats_period" {
		t.Errorf("got %v", err)
	}
}

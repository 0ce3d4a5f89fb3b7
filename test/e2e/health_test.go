package e2e

import (
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestWithoutItsDatabaseAServiceSaysSoAndAnswersWhenToComeAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	const serving, notServing = grpc_health_v1.HealthCheckResponse_SERVING, grpc_health_v1.HealthCheckResponse_NOT_SERVING
	await := func(part string, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for _, service := range s.services {
			service.awaitHealth(t, part, want)
		}
	}
	await("database", serving)
	request := occurrence(t, "x", someTrace)
	if _, err := s.ingest.IngestOccurrence(t.Context(), request); err != nil {
		t.Fatal(err)
	}

	open := s.db.Shut(t)
	await("database", notServing)
	await("", serving)
	_, ingestErr := s.ingest.IngestOccurrence(t.Context(), request)
	_, searchErr := s.search.SearchIssues(t.Context(), &searchv1.SearchIssuesRequest{OrganizationId: 1})
	for door, err := range map[string]error{"ingest": ingestErr, "search": searchErr} {
		if status.Code(err) != codes.Unavailable || detail[*errdetails.RetryInfo](err) == nil {
			t.Errorf("%s: %v, want UNAVAILABLE with RetryInfo", door, err)
		}
	}

	open()
	await("database", serving)
	resp, err := s.ingest.IngestOccurrence(t.Context(), request)
	if err != nil || !resp.GetRepeated() {
		t.Errorf("%v %v, want the first answer", resp, err)
	}
}

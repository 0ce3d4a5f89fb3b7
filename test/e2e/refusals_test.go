package e2e

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestBadInputIsRefusedClearly(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	send := func(change func(*ingestv1.IngestOccurrenceRequest)) error {
		request := occurrence(t, "x", someTrace)
		change(request)
		_, err := s.ingest.IngestOccurrence(t.Context(), request)
		return err
	}

	malformed := send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Fingerprint = nil })
	if status.Code(malformed) != codes.InvalidArgument || detail[*errdetails.BadRequest](malformed).GetFieldViolations()[0].GetField() != "occurrence.fingerprint" {
		t.Errorf("an occurrence without a fingerprint: %v", malformed)
	}
	unknown := send(func(r *ingestv1.IngestOccurrenceRequest) {
		r.Occurrence.ProjectId = 404
		r.GetEvent().Fields["project_id"].Kind = nil
		r.EventBody = nil
	})
	if status.Code(unknown) != codes.NotFound || detail[*errdetails.ResourceInfo](unknown).GetResourceName() != "404" {
		t.Errorf("an unknown project: %v", unknown)
	}
	oversized := send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.IssueTitle = strings.Repeat("x", 2<<20) })
	if status.Code(oversized) != codes.ResourceExhausted {
		t.Errorf("an oversized message: %v", oversized)
	}

	search := func(request *searchv1.SearchIssuesRequest) error {
		_, err := s.search.SearchIssues(t.Context(), request)
		return err
	}
	wrongQuery := search(&searchv1.SearchIssuesRequest{OrganizationId: 1, Query: proto.String("is:unresovled")})
	violation := detail[*errdetails.BadRequest](wrongQuery).GetFieldViolations()[0]
	if status.Code(wrongQuery) != codes.InvalidArgument || violation.GetField() != "query" || !strings.Contains(violation.GetDescription(), "unresolved") {
		t.Errorf("a wrong query: %v, %v", wrongQuery, violation)
	}
	now := time.Now()
	_, backwards := s.search.SearchTraces(t.Context(), &searchv1.SearchTracesRequest{
		OrganizationId: 1, StartTime: timestamppb.New(now), EndTime: timestamppb.New(now.Add(-time.Hour)),
	})
	if status.Code(backwards) != codes.InvalidArgument || detail[*errdetails.BadRequest](backwards).GetFieldViolations()[0].GetField() != "start_time" {
		t.Errorf("a window that ends before it begins: %v", backwards)
	}
	if err := search(&searchv1.SearchIssuesRequest{OrganizationId: 404}); status.Code(err) != codes.NotFound {
		t.Errorf("an unknown organization: %v", err)
	}
	if err := search(&searchv1.SearchIssuesRequest{OrganizationId: 1, PageToken: "x"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a page token that is none: %v", err)
	}
	if err := search(&searchv1.SearchIssuesRequest{OrganizationId: 1, PageSize: 1 << 30}); err != nil {
		t.Errorf("a huge page size: %v", err)
	}
	if err := search(&searchv1.SearchIssuesRequest{OrganizationId: 1, PageSize: -1}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a negative page size: %v", err)
	}
}

// detail gives the first detail of a type, or nil.
func detail[T proto.Message](err error) (found T) {
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(T); ok {
			return d
		}
	}
	return found
}

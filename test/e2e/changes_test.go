package e2e

import (
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestWhatIsChangedIsFoundSo(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	for _, fingerprint := range []string{"one", "two", "three"} {
		if _, err := s.ingest.IngestOccurrence(t.Context(), occurrence(t, fingerprint, someTrace)); err != nil {
			t.Fatal(err)
		}
	}
	one := s.find(t, "")["Monitor failure: one"]
	ctx := metadata.AppendToOutgoingContext(t.Context(), "picket-actor", "user:ada")
	assign := &searchv1.UpdateIssuesRequest{
		OrganizationId: 1, Issue: &issuesv1.Issue{Assignee: "user:ada"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"assignee"}},
		Selection: &searchv1.UpdateIssuesRequest_IssueIds{IssueIds: &searchv1.IssueIds{Ids: []int64{one.GetId()}}}, Etag: one.GetEtag(),
	}
	if resp, err := s.search.UpdateIssues(ctx, assign); err != nil || resp.GetAffectedCount() != 1 {
		t.Fatalf("assigning answers %v: %v", resp, err)
	}
	if resp, err := s.search.UpdateIssues(ctx, assign); err != nil || resp.GetResults()[0].GetError() == nil {
		t.Errorf("the etag of before answers %v: %v", resp, err)
	}
	read, err := s.search.GetIssue(t.Context(), &searchv1.GetIssueRequest{
		OrganizationId: 1, Name: &searchv1.GetIssueRequest_IssueId{IssueId: one.GetId()},
	})
	if err != nil || read.GetIssue().GetAssignee() != "user:ada" || read.GetIssue().GetEtag() == one.GetEtag() {
		t.Errorf("the issue is %v: %v", read, err)
	}

	query := &searchv1.IssueQuery{Query: new("is:unresolved")}
	resolve := &searchv1.UpdateIssuesRequest{
		OrganizationId: 1, Issue: &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"status"}},
		Selection: &searchv1.UpdateIssuesRequest_IssueQuery{IssueQuery: query}, ValidateOnly: true,
	}
	counted, err := s.search.UpdateIssues(ctx, resolve)
	if err != nil || counted.GetAffectedCount() != 3 || len(s.find(t, "is:resolved")) != 0 {
		t.Fatalf("counting answers %v: %v", counted, err)
	}
	if _, err := s.ingest.IngestOccurrence(t.Context(), occurrence(t, "four", someTrace)); err != nil {
		t.Fatal(err)
	}
	query.ValidationToken, resolve.ValidateOnly = counted.GetValidationToken(), false
	if _, err := s.search.UpdateIssues(ctx, resolve); err != nil {
		t.Fatal(err)
	}
	if resolved, open := s.find(t, "is:resolved"), s.find(t, "is:unresolved"); len(resolved) != 3 || open["Monitor failure: four"] == nil {
		t.Errorf("resolved %v, open %v", resolved, open)
	}
}

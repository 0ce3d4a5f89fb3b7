package server_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestIssuesAreDeletedByTheSameRulesOfSelection(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	byQuery := func(query *searchv1.IssueQuery, validateOnly bool) (*searchv1.DeleteIssuesResponse, error) {
		return w.DeleteIssues(t.Context(), &searchv1.DeleteIssuesRequest{
			OrganizationId: 1, Selection: &searchv1.DeleteIssuesRequest_IssueQuery{IssueQuery: query}, ValidateOnly: validateOnly, Discard: true,
		})
	}
	if _, err := byQuery(&searchv1.IssueQuery{}, false); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a query without a token answers %v", err)
	}
	counted, err := byQuery(&searchv1.IssueQuery{Query: new("is:unresolved")}, true)
	if err != nil || counted.GetAffectedCount() != 3 || len(w.grouping.discarded) != 0 {
		t.Fatalf("validate_only answers %v, %v", counted, err)
	}
	if _, err := byQuery(&searchv1.IssueQuery{Query: new("is:unresolved"), ValidationToken: counted.GetValidationToken()}, false); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(map[int64]bool{1: true, 2: true, 3: true}, w.grouping.discarded); diff != "" {
		t.Error(diff)
	}
	resp, err := w.DeleteIssues(t.Context(), &searchv1.DeleteIssuesRequest{
		OrganizationId: 1, Selection: &searchv1.DeleteIssuesRequest_IssueIds{IssueIds: &searchv1.IssueIds{Ids: []int64{90}}},
	})
	if err != nil || codes.Code(resp.GetResults()[0].GetError().GetCode()) != codes.NotFound {
		t.Errorf("an issue of another organization answers %v, %v", resp, err)
	}
}

func TestTombstonesOfOtherOrganizationsStay(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	_, err := w.DeleteTombstone(t.Context(), &searchv1.DeleteTombstoneRequest{OrganizationId: 1, ProjectId: 9, TombstoneId: 1})
	wantMissing(t, err, "project", "9")
}

func TestTombstonesComeInPages(t *testing.T) {
	t.Parallel()
	w := threeIssues(t)
	for range 5 {
		w.Tombstone(t, 1, "one")
		w.Tombstone(t, 9, "foreign")
	}
	seen := map[int64]bool{}
	req := &searchv1.ListTombstonesRequest{OrganizationId: 1, PageSize: 2}
	for pages := 1; ; pages++ {
		resp, err := w.ListTombstones(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, stone := range resp.GetTombstones() {
			if seen[stone.GetId()] || stone.GetTitle() != "one" {
				t.Errorf("%v came again", stone)
			}
			seen[stone.GetId()] = true
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			if len(seen) != 5 || pages != 3 {
				t.Errorf("%d tombstones on %d pages", len(seen), pages)
			}
			return
		}
	}
}

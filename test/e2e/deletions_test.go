package e2e

import (
	"testing"

	"google.golang.org/grpc/metadata"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestWhatIsDeletedIsFoundNoMore(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	for _, fingerprint := range []string{"deleted", "discarded", "kept"} {
		if _, err := s.ingest.IngestOccurrence(t.Context(), occurrence(t, fingerprint, someTrace)); err != nil {
			t.Fatal(err)
		}
	}
	issues := s.find(t, "")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "picket-actor", "user:ada")
	for fingerprint, discard := range map[string]bool{"deleted": false, "discarded": true} {
		ids := &searchv1.IssueIds{Ids: []int64{issues["Monitor failure: "+fingerprint].GetId()}}
		resp, err := s.search.DeleteIssues(ctx, &searchv1.DeleteIssuesRequest{
			OrganizationId: 1, Selection: &searchv1.DeleteIssuesRequest_IssueIds{IssueIds: ids}, Discard: discard,
		})
		if err != nil || resp.GetAffectedCount() != 1 {
			t.Fatalf("deleting %s answers %v: %v", fingerprint, resp, err)
		}
	}
	if found := s.find(t, ""); len(found) != 1 || found["Monitor failure: kept"] == nil {
		t.Errorf("found %v", found)
	}

	again, err := s.ingest.IngestOccurrence(t.Context(), occurrence(t, "deleted", someTrace))
	if err != nil || !again.GetIsNew() {
		t.Errorf("the fingerprint of a deleted issue answers %v: %v", again, err)
	}
	dropped := occurrence(t, "discarded", someTrace)
	answer, err := s.ingest.IngestOccurrence(t.Context(), dropped)
	if err != nil || answer.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_DISCARDED {
		t.Errorf("the fingerprint of a discarded issue answers %v: %v", answer, err)
	}

	stones, err := s.search.ListTombstones(t.Context(), &searchv1.ListTombstonesRequest{OrganizationId: 1})
	if err != nil || len(stones.GetTombstones()) != 1 || stones.GetTombstones()[0].GetActor() != "user:ada" {
		t.Fatalf("the tombstones are %v: %v", stones, err)
	}
	_, err = s.search.DeleteTombstone(ctx, &searchv1.DeleteTombstoneRequest{
		OrganizationId: 1, ProjectId: 1, TombstoneId: stones.GetTombstones()[0].GetId(),
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err = s.ingest.IngestOccurrence(t.Context(), occurrence(t, "discarded", someTrace))
	if err != nil || !answer.GetIsNew() {
		t.Errorf("without the tombstone the fingerprint answers %v: %v", answer, err)
	}
}

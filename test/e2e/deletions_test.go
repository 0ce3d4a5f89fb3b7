package e2e

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

func TestWhatIsDeletedIsFoundNoMore(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	sent := map[string]*ingestv1.IngestOccurrenceRequest{}
	for _, fingerprint := range []string{"deleted", "discarded", "kept"} {
		sent[fingerprint] = occurrence(t, fingerprint, someTrace)
		if _, err := s.ingest.IngestOccurrence(t.Context(), sent[fingerprint]); err != nil {
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
	stored := func(fingerprint string) bool {
		o := sent[fingerprint].GetOccurrence()
		_, err := s.ingest.GetOccurrence(t.Context(), &ingestv1.GetOccurrenceRequest{ProjectId: o.GetProjectId(), OccurrenceId: o.GetId()})
		return status.Code(err) != codes.NotFound
	}
	s.services["grouping"].stop(t)
	s.services["grouping"].start(t) // which sweeps at once, and then every five minutes
	s.services["grouping"].awaitServing(t)
	eventually(t, 2*time.Minute, "the payloads of deleted issues are gone", func() bool { return !stored("deleted") && !stored("discarded") })
	if !stored("kept") {
		t.Error("so is that of another issue")
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

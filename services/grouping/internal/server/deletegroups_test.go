package server_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

func (r replica) delete(t *testing.T, ids ...int64) []*groupingv1.GroupResult {
	t.Helper()
	resp, err := r.DeleteGroups(as(t, "user:1"), &groupingv1.DeleteGroupsRequest{Selections: selections(ids...)})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetResults()
}

func (r replica) discard(t *testing.T, ids ...int64) []*groupingv1.GroupResult {
	t.Helper()
	resp, err := r.DiscardGroups(as(t, "user:1"), &groupingv1.DiscardGroupsRequest{Selections: selections(ids...)})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetResults()
}

// erased waits for so many items whose payloads are to be erased. They are listed only when no older transaction is
// under way in the whole server, on which other tests run as well.
func (r replica) erased(t *testing.T, want int) []string {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.After(2 * time.Minute); ; {
		items := r.listErased(t)
		if len(items) == want {
			return items
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%d payloads to erase, want %d", len(items), want)
		}
	}
}

// listErased lists them now, in pages of two.
func (r replica) listErased(t *testing.T) (items []string) {
	t.Helper()
	req := &groupingv1.ListErasedEventsRequest{PageSize: 2}
	for {
		resp, err := r.ListErasedEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range resp.GetEvents() {
			items = append(items, e.GetItemId())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			slices.Sort(items)
			return items
		}
	}
}

func TestADeletedIssueIsGoneAtOnceAndItsFingerprintMakesANewOne(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	first := occurrence(now, "a")
	id := judgement(t, r.assign(t, first)[0]).GetGroupId()
	if got := r.delete(t, id, 999); got[0].GetIssue().GetStatus() != issuesv1.Status_STATUS_PENDING_DELETION || got[1].GetError() == nil {
		t.Errorf("deleting answers %v", got)
	}
	for _, sweep := range []bool{false, true} {
		if sweep {
			r.sweep(t)
		}
		if code := codes.Code(r.delete(t, id)[0].GetError().GetCode()); code != codes.NotFound {
			t.Errorf("deleting it again answers %v", code)
		}
		if result := r.update(t, &issuesv1.Issue{}, []string{"assignee"}, id)[0]; codes.Code(result.GetError().GetCode()) != codes.NotFound {
			t.Errorf("changing it answers %v", result)
		}
		again := judgement(t, r.assign(t, first)[0])
		if again.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_ERASED || again.GetKeepPayload() || !again.GetRepeated() || again.GetGroupId() != 0 {
			t.Errorf("its item again answers %v", again)
		}
	}
	next := judgement(t, r.assign(t, occurrence(now, "a"))[0])
	if !next.GetIsNew() || next.GetGroupId() == id || next.GetShortId() != "BACKEND-2" {
		t.Errorf("its fingerprint answers %v", next)
	}
}

func TestDeletionGoesOnWhereACrashLeftIt(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	var items []string
	var id int64
	for range 7 {
		item := occurrence(now, "a")
		items = append(items, item.GetItemId())
		id = judgement(t, r.assign(t, item)[0]).GetGroupId()
	}
	kept := occurrence(now, "b")
	r.assign(t, kept)
	r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, []string{"status"}, id)
	r.delete(t, id)
	for range 2 { // two steps of a process that then dies
		if done, err := r.store.EraseStep(t.Context(), 1, id, 3); done || err != nil {
			t.Fatalf("done %v: %v", done, err)
		}
	}
	r.erased(t, 6)
	in.replica(t).sweep(t)
	slices.Sort(items)
	if got := r.erased(t, len(items)); !slices.Equal(items, got) {
		t.Errorf("payloads to erase: %v, want %v", got, items)
	}
	var rows int
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM groups) + (SELECT count(*) FROM group_counters) + (SELECT count(*) FROM group_hashes)
		     + (SELECT count(*) FROM group_environments) + (SELECT count(*) FROM inbox) + (SELECT count(*) FROM event_index)
		     + (SELECT count(*) FROM activities) + (SELECT count(*) FROM history) + (SELECT count(*) FROM hash_counters)
		     + (SELECT count(*) FROM group_days) + (SELECT count(*) FROM group_users)`).Scan(&rows)
	if err != nil || rows != 9 {
		t.Errorf("%d rows are left, want those 9 of the other issue: %v", rows, err)
	}
}

func TestWhatWasDiscardedStaysAwayUntilItsTombstoneGoes(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := judgement(t, r.assign(t, occurrence(now, "a", "a2"))[0]).GetGroupId()
	if result := r.discard(t, id)[0]; result.GetError() != nil {
		t.Fatal(result.GetError())
	}
	for range 2 {
		results := r.assign(t, occurrence(now, "a"), occurrence(now, "a2", "c"), occurrence(now, "b", "a"))
		for _, result := range results[:2] {
			if j := judgement(t, result); j.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_DISCARDED || j.GetKeepPayload() {
				t.Errorf("answers %v", j)
			}
		}
		if j := judgement(t, results[2]); j.GetGroupId() == 0 {
			t.Errorf("an item that only touches the discarded hash answers %v", j)
		}
		change := judgement(t, r.assign(t, statusChange("a", issuesv1.Status_STATUS_RESOLVED, 0))[0])
		if change.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_ISSUE_NOT_FOUND {
			t.Errorf("a status change answers %v", change)
		}
		r.sweep(t)
	}
	var tombstone int64
	var title, actor string
	err := in.pool(t).QueryRow(t.Context(), `SELECT id, title, actor FROM tombstones WHERE project_id = 1 AND group_id = $1`, id).Scan(&tombstone, &title, &actor)
	if err != nil || title != "title of a" || actor != "user:1" {
		t.Fatalf("the tombstone says %q, %q: %v", title, actor, err)
	}
	forget := &groupingv1.DeleteTombstoneRequest{ProjectId: 1, TombstoneId: tombstone}
	for _, want := range []codes.Code{codes.OK, codes.NotFound} {
		if _, err := r.DeleteTombstone(t.Context(), forget); status.Code(err) != want {
			t.Errorf("deleting the tombstone: %v, want %v", err, want)
		}
	}
	if j := judgement(t, r.assign(t, occurrence(now, "a"))[0]); !j.GetIsNew() {
		t.Errorf("without the tombstone: %v", j)
	}
}

// Items, changes and deletions of the same fingerprints run against each other: every item has one judgement, and
// what was counted is in issues or on the list of what was erased.
func TestDeletionsAndChangesRaceWithItems(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	quota := int32(100_000)
	replicas := []replica{in.replica(t), in.replica(t)}
	replicas[0].project(t, &groupingv1.ProjectSettings{CreationQuotaPerHour: &quota})
	var group sync.WaitGroup
	const rounds, workers = 25, 6
	for worker := range workers {
		group.Go(func() {
			r := replicas[worker%2]
			for round := range rounds {
				item := occurrence(now, fmt.Sprintf("f%d", (worker+round)%4), fmt.Sprintf("g%d", round%3))
				j := r.assign(t, item)[0].GetJudgement()
				if j.GetOutcome() != issuesv1.Outcome_OUTCOME_ACCEPTED {
					t.Errorf("an item answers %v", j)
					return
				}
				switch worker % 3 {
				case 1:
					r.delete(t, j.GetGroupId())
				case 2:
					r.update(t, &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED}, []string{"status"}, j.GetGroupId())
				}
				if round%10 == 0 {
					r.sweep(t)
				}
			}
		})
	}
	group.Wait()
	replicas[0].sweep(t)
	var counted, indexed, judged int
	err := in.pool(t).QueryRow(t.Context(), `
		SELECT (SELECT coalesce(sum(times_seen), 0) FROM group_counters), (SELECT count(*) FROM event_index), (SELECT count(*) FROM judged_items)`).
		Scan(&counted, &indexed, &judged)
	if err != nil || judged != rounds*workers || counted != indexed {
		t.Errorf("%d judged, %d counted, %d indexed: %v", judged, counted, indexed, err)
	}
	replicas[0].erased(t, judged-indexed)
}

func TestNothingIsDeletedWhereAProjectDoesNotExist(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	all := append(selections(id), &groupingv1.GroupSelection{ProjectId: 404, GroupIds: []int64{1}})
	_, deleted := r.DeleteGroups(as(t, "user:1"), &groupingv1.DeleteGroupsRequest{Selections: all})
	_, discarded := r.DiscardGroups(as(t, "user:1"), &groupingv1.DiscardGroupsRequest{Selections: all})
	if status.Code(deleted) != codes.NotFound || status.Code(discarded) != codes.NotFound {
		t.Errorf("%v, %v, want that project 404 does not exist", deleted, discarded)
	}
	if got := r.read(t, id).GetStatus(); got != issuesv1.Status_STATUS_UNRESOLVED {
		t.Errorf("the issue of the other project is %v", got)
	}
}

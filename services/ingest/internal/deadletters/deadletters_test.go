package deadletters_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const topic = "ingest-occurrences"

// bury stores records as dead letters, with offsets from 0, received a moment ago.
func bury(t *testing.T, s *ingesttest.Service, reason ingest.DeadLetterReason, values ...[]byte) []store.DeadLetter {
	t.Helper()
	received := time.Now().Add(-time.Second).Truncate(time.Microsecond)
	letters := make([]store.DeadLetter, len(values))
	for i, value := range values {
		letters[i] = store.DeadLetter{
			DeadLetterKey: store.DeadLetterKey{ProjectID: ingesttest.Project, Topic: topic, Offset: int64(i)},
			Reason:        reason, Detail: "at first", Value: value, Received: received,
		}
		if reason == ingest.DeadEventNotStored {
			letters[i].RetryAt = received.Add(15 * time.Second)
		}
	}
	if err := s.Store.PutDeadLetters(t.Context(), letters); err != nil {
		t.Fatal(err)
	}
	return letters
}

func list(t *testing.T, s *ingesttest.Service) []*ingestv1.DeadLetter {
	t.Helper()
	resp, err := s.Client.ListDeadLetters(t.Context(), &ingestv1.ListDeadLettersRequest{PageSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetDeadLetters()
}

func named(letters ...store.DeadLetter) *ingestv1.DeadLetterIds {
	ids := &ingestv1.DeadLetterIds{}
	for _, l := range letters {
		ids.Ids = append(ids.Ids, &ingestv1.DeadLetterId{ProjectId: l.ProjectID, Topic: l.Topic, Partition: l.Partition, Offset: l.Offset})
	}
	return ids
}

func matching(filter *ingestv1.DeadLetterFilter) *ingestv1.ReplayDeadLettersRequest {
	return &ingestv1.ReplayDeadLettersRequest{Selection: &ingestv1.ReplayDeadLettersRequest_Filter{Filter: filter}}
}

func TestALetterThatIsNamedIsReplayedOnceAndGoes(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	letters := bury(t, s, ingest.DeadRefused, ingesttest.NewMessage("a", "one").JSON(), ingesttest.NewMessage("a", "two").JSON())
	req := &ingestv1.ReplayDeadLettersRequest{Selection: &ingestv1.ReplayDeadLettersRequest_DeadLetters{DeadLetters: named(letters[1])}}
	for _, want := range []int64{1, 0} {
		resp, err := s.Client.ReplayDeadLetters(t.Context(), req)
		if err != nil || resp.GetReplayedCount() != want || resp.GetFailedCount() != 0 {
			t.Errorf("%v %v, want %d replayed", resp, err, want)
		}
	}
	if judged := s.Grouping.Judged(); len(judged) != 1 || judged[0].GetOccurrence().GetTitle() != "two" {
		t.Errorf("judged %v, want the second", judged)
	}
	if left := list(t, s); len(left) != 1 || left[0].GetOffset() != 0 {
		t.Errorf("left %v, want the first", left)
	}
}

func TestAllThatMatchAreReplayedOldestFirstAndKeepTheTimeOfTheirReceipt(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	var values [][]byte
	for i := range 80 {
		values = append(values, ingesttest.NewMessage("a", fmt.Sprint(i)).JSON())
	}
	letters := bury(t, s, ingest.DeadRefused, values...)
	resp, err := s.Client.ReplayDeadLetters(t.Context(), matching(&ingestv1.DeadLetterFilter{
		Reason: ingestv1.DeadLetterReason_DEAD_LETTER_REASON_REFUSED,
	}))
	if err != nil || resp.GetReplayedCount() != 80 {
		t.Fatalf("%v %v, want 80 replayed", resp, err)
	}
	for i, item := range s.Grouping.Judged() {
		if item.GetOccurrence().GetTitle() != fmt.Sprint(i) {
			t.Fatalf("%q came when %d was next", item.GetOccurrence().GetTitle(), i)
		}
		if received := item.GetReceivedTime().AsTime(); !received.Equal(letters[i].Received) {
			t.Fatalf("received %v, want %v", received, letters[i].Received)
		}
	}
	if left := list(t, s); len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
}

func TestALetterThatFailsAgainStaysWithItsNewReason(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	unknown := ingesttest.NewMessage("a", "x")
	unknown.Project = 404
	bury(t, s, ingest.DeadRefused, []byte("{"), unknown.JSON(), ingesttest.NewMessage("a", ingesttest.Poison).JSON(), ingesttest.NewMessage("a", "good").JSON())
	resp, err := s.Client.ReplayDeadLetters(t.Context(), matching(&ingestv1.DeadLetterFilter{}))
	if err != nil || resp.GetReplayedCount() != 1 || resp.GetFailedCount() != 3 {
		t.Fatalf("%v %v, want 1 replayed and 3 failed", resp, err)
	}
	want := map[int64]ingestv1.DeadLetterReason{
		0: ingestv1.DeadLetterReason_DEAD_LETTER_REASON_MALFORMED,
		1: ingestv1.DeadLetterReason_DEAD_LETTER_REASON_UNKNOWN_PROJECT,
		2: ingestv1.DeadLetterReason_DEAD_LETTER_REASON_REFUSED,
	}
	for _, letter := range list(t, s) {
		if letter.GetReason() != want[letter.GetOffset()] || letter.GetDetail() == "at first" {
			t.Errorf("%d is %v: %s", letter.GetOffset(), letter.GetReason(), letter.GetDetail())
		}
	}
}

func TestTwoReplaysAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	var values [][]byte
	for i := range 100 {
		values = append(values, ingesttest.NewMessage("a", fmt.Sprint(i)).JSON())
	}
	bury(t, s, ingest.DeadRefused, values...)
	var group sync.WaitGroup
	var replayed [4]int64
	for i := range replayed {
		group.Go(func() {
			resp, err := s.Client.ReplayDeadLetters(t.Context(), matching(&ingestv1.DeadLetterFilter{}))
			if err != nil {
				t.Error(err)
			}
			replayed[i] = resp.GetReplayedCount()
		})
	}
	group.Wait()
	if sum := replayed[0] + replayed[1] + replayed[2] + replayed[3]; sum != 100 {
		t.Errorf("%v were replayed, in sum %d, want 100", replayed, sum)
	}
	if n := len(s.Grouping.Judged()); n != 100 {
		t.Errorf("%d were judged, want 100", n)
	}
}

func TestAReplayDuringAnOutageIsUnavailableAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	bury(t, s, ingest.DeadRefused, ingesttest.NewMessage("a", "one").JSON(), []byte("{"))
	s.Grouping.SetDown(true)
	_, err := s.Client.ReplayDeadLetters(t.Context(), matching(&ingestv1.DeadLetterFilter{}))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("%v, want UNAVAILABLE", err)
	}
	s.Grouping.SetDown(false)
	resp, err := s.Client.ReplayDeadLetters(t.Context(), matching(&ingestv1.DeadLetterFilter{}))
	if err != nil || resp.GetReplayedCount() != 1 || resp.GetFailedCount() != 1 {
		t.Errorf("%v %v, want 1 replayed and 1 failed", resp, err)
	}
}

func TestLettersAreDiscardedByNameAndByFilter(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	letters := bury(t, s, ingest.DeadInvalid, []byte("a"), []byte("b"), []byte("c"))
	for _, want := range []int64{2, 0} {
		resp, err := s.Client.DiscardDeadLetters(t.Context(), &ingestv1.DiscardDeadLettersRequest{
			Selection: &ingestv1.DiscardDeadLettersRequest_DeadLetters{DeadLetters: named(letters[:2]...)},
		})
		if err != nil || resp.GetDiscardedCount() != want {
			t.Errorf("%v %v, want %d", resp, err, want)
		}
	}
	other := &ingestv1.DeadLetterFilter{Reason: ingestv1.DeadLetterReason_DEAD_LETTER_REASON_REFUSED}
	for _, filter := range []*ingestv1.DeadLetterFilter{other, {}} {
		resp, err := s.Client.DiscardDeadLetters(t.Context(), &ingestv1.DiscardDeadLettersRequest{
			Selection: &ingestv1.DiscardDeadLettersRequest_Filter{Filter: filter},
		})
		want := int64(1)
		if filter == other {
			want = 0
		}
		if err != nil || resp.GetDiscardedCount() != want {
			t.Errorf("%v: %v %v, want %d", filter, resp, err, want)
		}
	}
}

func TestAParkedOccurrenceIsTriedAgainUntilItsEventIsStored(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	parked := ingesttest.NewMessage("a", "parked")
	parked.WithEvent = false
	bury(t, s, ingest.DeadEventNotStored, parked.JSON())
	retry := func(left int) {
		t.Helper()
		if err := s.Replayer.RetryDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(list(t, s)); got != left {
			t.Fatalf("%d letters, want %d", got, left)
		}
	}
	retry(1) // not due
	s.Advance(20 * time.Second)
	retry(1) // no event
	brings := ingesttest.NewMessage("b", "brings the event")
	brings.EventID = parked.EventID
	item, err := ingest.ReadMessage(brings.JSON(), ingest.ID{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pipeline.One(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	retry(1) // not due
	s.Advance(25 * time.Second)
	retry(0)
	if n := len(s.Grouping.Judged()); n != 2 {
		t.Errorf("%d were judged, want both", n)
	}
}

func TestAnOccurrenceWaitsFifteenMinutesForItsEventAndThenStays(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	parked := ingesttest.NewMessage("a", "parked")
	parked.WithEvent = false
	letters := bury(t, s, ingest.DeadEventNotStored, parked.JSON())
	var tries []time.Duration
	for {
		before := list(t, s)[0].GetRetryTime()
		if before == nil {
			break
		}
		tries = append(tries, before.AsTime().Sub(letters[0].Received).Round(10*time.Second))
		s.Advance(time.Until(before.AsTime()) - s.Ahead() + time.Millisecond)
		if err := s.Replayer.RetryDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(tries) < 5 || len(tries) > 9 || tries[len(tries)-1] != 15*time.Minute {
		t.Errorf("tried %v after its receipt, want a few times, the last after 15 minutes", tries)
	}
	if letter := list(t, s)[0]; letter.GetReason() != ingestv1.DeadLetterReason_DEAD_LETTER_REASON_EVENT_NOT_STORED {
		t.Errorf("%v", letter)
	}
}

func TestAParkedOccurrenceOutlivesAnOutageLongerThanItsWait(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	bury(t, s, ingest.DeadEventNotStored, ingesttest.NewMessage("a", "one").JSON())
	s.Grouping.SetDown(true)
	s.Advance(time.Hour)
	if err := s.Replayer.RetryDue(t.Context()); err == nil {
		t.Error("an outage was no error")
	}
	s.Grouping.SetDown(false)
	s.Advance(time.Minute)
	if err := s.Replayer.RetryDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := list(t, s); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestADueLetterIsClaimedByOneReplica(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	var values [][]byte
	for range 60 {
		values = append(values, []byte("{}"))
	}
	bury(t, s, ingest.DeadEventNotStored, values...)
	now := time.Now().Add(time.Minute)
	var group sync.WaitGroup
	var claims [4][]store.DeadLetter
	for i := range claims {
		group.Go(func() {
			for range 2 {
				letters, err := s.Store.ClaimDueLetters(t.Context(), now, 40)
				if err != nil {
					t.Error(err)
				}
				claims[i] = append(claims[i], letters...)
			}
		})
	}
	group.Wait()
	claimed := map[int64]int{}
	for _, letters := range claims {
		for _, letter := range letters {
			claimed[letter.Offset]++
		}
	}
	for offset, n := range claimed {
		if n != 1 {
			t.Errorf("%d was claimed %d times", offset, n)
		}
	}
	if len(claimed) != 60 {
		t.Errorf("%d were claimed, want 60", len(claimed))
	}
}

func TestAReplayedLetterDoesNotReplaceTheEventThatIsStored(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	dead, stored := ingesttest.NewMessage("a", "dead"), ingesttest.NewMessage("a", "stored")
	stored.EventID = dead.EventID
	letters := bury(t, s, ingest.DeadRefused, dead.JSON())
	item, err := ingest.ReadMessage(stored.JSON(), ingest.ID{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pipeline.One(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client.ReplayDeadLetters(t.Context(), &ingestv1.ReplayDeadLettersRequest{
		Selection: &ingestv1.ReplayDeadLettersRequest_DeadLetters{DeadLetters: named(letters...)},
	})
	if err != nil || resp.GetReplayedCount() != 1 {
		t.Fatalf("%v %v, want one replayed", resp, err)
	}
	event, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: ingesttest.Project, EventId: dead.EventID})
	if err != nil {
		t.Fatal(err)
	}
	if title := event.GetEvent().GetEvent().GetFields()["metadata"].GetStructValue().GetFields()["title"].GetStringValue(); title != "stored" {
		t.Errorf("the event is of the occurrence %q, want the one that was stored first", title)
	}
}

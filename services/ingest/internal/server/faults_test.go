package server_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

func TestARowThatCannotBeStoredFailsAlone(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	var batch []*ingestv1.IngestOccurrenceRequest
	for range 7 {
		batch = append(batch, occurrence("a"))
	}
	const bad = 4
	_, err := s.Pool.Exec(t.Context(), `ALTER TABLE payloads ADD CONSTRAINT unlucky CHECK (item_id <> '`+
		batch[bad].GetOccurrence().GetId()+`')`)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client.IngestOccurrences(t.Context(), &ingestv1.IngestOccurrencesRequest{Occurrences: batch})
	if err != nil {
		t.Fatal(err)
	}
	for i, result := range resp.GetResults() {
		want := codes.OK
		if i == bad {
			want = codes.InvalidArgument
		}
		if got := codes.Code(result.GetError().GetCode()); got != want {
			t.Errorf("item %d: %v, want %v", i, result, want)
		}
	}
}

func TestAnOldItemMakesItsPartition(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	for _, age := range []time.Duration{0, ingesttest.Retention - time.Hour, 40 * 24 * time.Hour} {
		req := occurrence("a")
		req.Occurrence.DetectionTime = timestamppb.New(time.Now().Add(-age))
		resp, err := s.Client.IngestOccurrence(t.Context(), req)
		if err != nil || resp.GetOutcome() != issuesv1.Outcome_OUTCOME_ACCEPTED {
			t.Errorf("age %s: %v %v", age, resp, err)
		}
	}
}

func TestAnItemBelowTheFloorIsTooOld(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	_, err := s.Pool.Exec(t.Context(), `INSERT INTO partition_floors VALUES ('payloads', $1)`, time.Now().Add(30*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client.IngestOccurrence(t.Context(), occurrence("a"))
	if err != nil || resp.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_TOO_OLD {
		t.Errorf("%v %v, want too old: its partition was dropped", resp, err)
	}
}

func TestALostDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	s.Pool.Close()
	_, err := s.Client.IngestOccurrence(t.Context(), occurrence("a"))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("%v, want UNAVAILABLE", err)
	}
}

func TestDeadLettersArePagedNewestFirstAndFiltered(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	base := time.Now().Truncate(time.Microsecond)
	var letters []store.DeadLetter
	for i := range 25 {
		letter := store.DeadLetter{
			DeadLetterKey: store.DeadLetterKey{ProjectID: int64(i % 2), Topic: "t", Partition: 0, Offset: int64(i)},
			Reason:        ingest.DeadMalformed, Detail: "bad \x00", Value: []byte{0xff}, Received: base.Add(time.Duration(i/5) * time.Second),
		}
		if i%3 == 0 {
			letter.Reason = ingest.DeadRefused
		}
		letters = append(letters, letter)
	}
	for range 2 { // a redelivery adds nothing
		if err := s.Store.PutDeadLetters(t.Context(), letters); err != nil {
			t.Fatal(err)
		}
	}
	list := func(filter *ingestv1.DeadLetterFilter) (offsets []int64) {
		req := &ingestv1.ListDeadLettersRequest{Filter: filter, PageSize: 4}
		for {
			resp, err := s.Client.ListDeadLetters(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, letter := range resp.GetDeadLetters() {
				offsets = append(offsets, letter.GetOffset())
			}
			if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
				return offsets
			}
		}
	}
	all := list(nil)
	seen := map[int64]bool{}
	for i, offset := range all {
		if i > 0 && offset/5 > all[i-1]/5 {
			t.Errorf("%d came after %d", offset, all[i-1])
		}
		seen[offset] = true
	}
	if len(all) != 25 || len(seen) != 25 {
		t.Errorf("%d rows, %d distinct, want 25", len(all), len(seen))
	}
	unknown, refused := int64(0), ingestv1.DeadLetterReason_DEAD_LETTER_REASON_REFUSED
	second := func(n int) *timestamppb.Timestamp { return timestamppb.New(base.Add(time.Duration(n) * time.Second)) }
	for _, c := range []struct {
		filter *ingestv1.DeadLetterFilter
		want   []int64
	}{
		{&ingestv1.DeadLetterFilter{ProjectId: &unknown, ReceivedAfter: second(3)}, []int64{24, 22, 20, 18, 16}},
		{&ingestv1.DeadLetterFilter{Reason: refused, ReceivedAfter: second(3)}, []int64{21, 24, 15, 18}},
		{&ingestv1.DeadLetterFilter{Reason: refused, ProjectId: &unknown}, []int64{24, 18, 12, 6, 0}},
		{&ingestv1.DeadLetterFilter{ReceivedAfter: second(1), ReceivedBefore: second(2)}, []int64{9, 7, 5, 8, 6}},
		{&ingestv1.DeadLetterFilter{Reason: ingestv1.DeadLetterReason_DEAD_LETTER_REASON_INVALID}, nil},
	} {
		if diff := cmp.Diff(c.want, list(c.filter)); diff != "" {
			t.Errorf("%v: %s", c.filter, diff)
		}
	}
}

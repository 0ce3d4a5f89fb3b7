package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// outcomes sums what was received of a project, by term, outcome and reason.
func outcomes(t *testing.T, s *ingesttest.Service, project int64) map[string]int64 {
	t.Helper()
	now := time.Now()
	resp, err := s.Client.GetOutcomes(t.Context(), &ingestv1.GetOutcomesRequest{
		ProjectId: project, StartTime: timestamppb.New(now.Add(-24 * time.Hour)), EndTime: timestamppb.New(now.Add(time.Hour)),
		Bucket: durationpb.New(2 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, c := range resp.GetCounts() {
		term := strings.ToLower(strings.TrimPrefix(c.GetTerm().String(), "OUTCOME_TERM_"))
		if c.GetOutcome() != 0 && term == "dropped" {
			term = strings.ToLower(strings.TrimPrefix(c.GetOutcome().String(), "OUTCOME_"))
		}
		counts[strings.TrimSpace(term+" "+c.GetReason())] += c.GetCount()
	}
	return counts
}

func TestOutcomesOfCallsAreCounted(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	send := func(change func(*ingestv1.IngestOccurrenceRequest)) {
		req := occurrence("a")
		change(req)
		for range 2 { // the second is a repeat, unless it is rejected
			s.Client.IngestOccurrence(t.Context(), req) //nolint:errcheck // the counts are what matters
		}
	}
	send(func(*ingestv1.IngestOccurrenceRequest) {})
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.IssueTitle = ingesttest.Discarded })
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.IssueTitle = ingesttest.Ancient })
	send(func(r *ingestv1.IngestOccurrenceRequest) {
		r.Occurrence.DetectionTime = timestamppb.New(time.Now().AddDate(-1, 0, 0))
	})
	send(func(r *ingestv1.IngestOccurrenceRequest) {
		r.Occurrence.DetectionTime = timestamppb.New(time.Now().AddDate(0, 0, 2))
	})
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Type = 1016 })
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Id = "no id" })
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Fingerprint = nil }) // by the proto's rules
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.EventBody = nil })
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Subtitle = strings.Repeat("x", 1<<20) })
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.IssueTitle = ingesttest.Refused })
	send(func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.ProjectId = 404 })

	want := map[string]int64{
		"accepted": 1, "dropped_discarded": 1, "dropped_too_old": 2, "dropped_in_future": 1, "dropped_type_not_enabled": 1,
		"rejected INVALID_REQUEST": 4, "rejected EVENT_NOT_STORED": 2, "rejected MESSAGE_TOO_LARGE": 2, "rejected REFUSED": 2,
	}
	if diff := cmp.Diff(want, outcomes(t, s, ingesttest.Project)); diff != "" {
		t.Error(diff)
	}
	// What names a project that does not exist counts for no project, so that ids at random make no rows of their own.
	if diff := cmp.Diff(map[string]int64{"rejected NOT_FOUND": 2}, outcomes(t, s, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestRejectedItemsOfABatchAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	bad, far := occurrence("a"), occurrence("a")
	bad.Occurrence.Id = "no id"
	far.Occurrence.ProjectId = 404
	_, err := s.Client.IngestOccurrences(t.Context(), &ingestv1.IngestOccurrencesRequest{
		Occurrences: []*ingestv1.IngestOccurrenceRequest{occurrence("a"), bad, far, bad},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"accepted": 1, "rejected INVALID_REQUEST": 2}
	if diff := cmp.Diff(want, outcomes(t, s, ingesttest.Project)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatMayBeSentAgainIsNotCountedBefore(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	s.Grouping.SetDown(true)
	req := occurrence("a")
	if _, err := s.Client.IngestOccurrence(t.Context(), req); status.Code(err) != codes.Unavailable {
		t.Fatalf("%v, want UNAVAILABLE", err)
	}
	s.Grouping.SetDown(false)
	if got := outcomes(t, s, ingesttest.Project); len(got) != 0 {
		t.Errorf("counted %v before it was judged", got)
	}
	if _, err := s.Client.IngestOccurrence(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"accepted": 1}, outcomes(t, s, ingesttest.Project)); diff != "" {
		t.Error(diff)
	}
}

func TestADeadLetterLeavesItsTermWhenItIsReplayedOrDiscarded(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	received := time.Now().Add(-2 * time.Hour).Truncate(time.Microsecond)
	letter := func(offset int64, value []byte) store.DeadLetter {
		return store.DeadLetter{
			DeadLetterKey: store.DeadLetterKey{ProjectID: ingesttest.Project, Topic: "t", Offset: offset},
			Reason:        ingest.DeadRefused, Value: value, Received: received,
		}
	}
	good := ingesttest.NewMessage("a", "good").JSON()
	unknown := ingesttest.NewMessage("a", "unknown")
	unknown.PayloadType = "attachment"
	if err := s.Store.PutDeadLetters(t.Context(), []store.DeadLetter{letter(0, good), letter(1, []byte("{")), letter(2, unknown.JSON())}); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name string
		do   func() error
		want map[string]int64
	}{
		{"at first", func() error { return nil }, map[string]int64{"dead_lettered DEAD_LETTER_REASON_REFUSED": 3}},
		{"replayed", func() error {
			_, err := s.Client.ReplayDeadLetters(t.Context(), &ingestv1.ReplayDeadLettersRequest{
				Selection: &ingestv1.ReplayDeadLettersRequest_Filter{Filter: &ingestv1.DeadLetterFilter{}},
			})
			return err
		}, map[string]int64{"accepted": 1, "dropped_unknown_payload_type": 1, "dead_lettered DEAD_LETTER_REASON_MALFORMED": 1}},
		{"discarded", func() error {
			_, err := s.Client.DiscardDeadLetters(t.Context(), &ingestv1.DiscardDeadLettersRequest{
				Selection: &ingestv1.DiscardDeadLettersRequest_Filter{Filter: &ingestv1.DeadLetterFilter{}},
			})
			return err
		}, map[string]int64{"accepted": 1, "dropped_unknown_payload_type": 1, "rejected DEAD_LETTER_DISCARDED": 1}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, outcomes(t, s, ingesttest.Project)); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	minute := received.Truncate(time.Minute)
	resp, err := s.Client.GetOutcomes(t.Context(), &ingestv1.GetOutcomesRequest{
		ProjectId: ingesttest.Project, StartTime: timestamppb.New(minute), EndTime: timestamppb.New(minute.Add(time.Second)),
	})
	if err != nil || len(resp.GetCounts()) != 3 || !resp.GetCounts()[0].GetTime().AsTime().Equal(minute) {
		t.Errorf("%v %v, want all three in the minute of their receipt", resp, err)
	}
}

func TestOutcomesAreCountedByProjectReasonAndBucket(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	base := time.Now().Add(-2 * time.Hour).Truncate(time.Hour)
	at := func(minute int) time.Time { return base.Add(time.Duration(minute)*time.Minute + 30*time.Second) }
	if err := s.Store.CountRejections(t.Context(), []store.Rejection{
		{ProjectID: 1, Received: at(0), Reason: "X"},
		{ProjectID: 1, Received: at(4), Reason: "X"},
		{ProjectID: 1, Received: at(4), Reason: "Y"},
		{ProjectID: 1, Received: at(5), Reason: "X"},
		{ProjectID: 2, Received: at(0), Reason: "X"},
		{ProjectID: 1, Received: at(15), Reason: "X"},
	}); err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client.GetOutcomes(t.Context(), &ingestv1.GetOutcomesRequest{
		ProjectId: 1, StartTime: timestamppb.New(base), EndTime: timestamppb.New(base.Add(15 * time.Minute)), Bucket: durationpb.New(5 * time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range resp.GetCounts() {
		got = append(got, fmt.Sprint(c.GetTime().AsTime().Sub(base), c.GetReason(), c.GetCount()))
	}
	if diff := cmp.Diff([]string{"0sX2", "0sY1", "5m0sX1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOutcomesOutsideTheLimitsAreRefused(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	now := timestamppb.Now()
	for name, req := range map[string]*ingestv1.GetOutcomesRequest{
		"end before start": {StartTime: now, EndTime: timestamppb.New(now.AsTime().Add(-time.Hour))},
		"too long":         {StartTime: timestamppb.New(now.AsTime().AddDate(0, 0, -31).Add(-time.Minute)), EndTime: now},
		"half a minute":    {StartTime: now, EndTime: now, Bucket: durationpb.New(90 * time.Second)},
	} {
		if _, err := s.Client.GetOutcomes(t.Context(), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want INVALID_ARGUMENT", name, err)
		}
	}
	longest := &ingestv1.GetOutcomesRequest{StartTime: timestamppb.New(now.AsTime().AddDate(0, 0, -31)), EndTime: now}
	if _, err := s.Client.GetOutcomes(t.Context(), longest); err != nil {
		t.Errorf("31 days: %v", err)
	}
}

func TestCountsPastRetentionGo(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	old := time.Now().Add(-ingesttest.Retention - time.Hour)
	drop := store.Drop{Key: store.Key{ProjectID: 1, Kind: ingest.KindUnknown}, Outcome: 12, Received: old}
	if err := s.Store.PutDrops(t.Context(), []store.Drop{drop}); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.CountRejections(t.Context(), []store.Rejection{{ProjectID: 1, Received: old, Reason: "X"}, {ProjectID: 1, Received: time.Now(), Reason: "X"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.PurgeOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	var rows int
	err := s.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM door_drops) + (SELECT count(*) FROM rejected_counts)`).Scan(&rows)
	if err != nil || rows != 1 {
		t.Fatalf("%d rows, want the one of today (%v)", rows, err)
	}
}

// A letter may be replayed to an effect for a day longer than its minute is counted: its item may be that much ahead.
func TestDeadLettersGoADayAfterRetention(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	received := time.Now().Truncate(time.Minute).UTC()
	const old = 1100 // more than a step
	letters := make([]store.DeadLetter, old+1)
	for i := range letters {
		letters[i] = store.DeadLetter{
			DeadLetterKey: store.DeadLetterKey{ProjectID: 1, Topic: "t", Offset: int64(i)}, Reason: ingest.DeadRefused, Received: received,
		}
	}
	letters[0].RetryAt = received // it may wait for its event, all that time
	letters[old].Received = received.Add(2 * time.Hour)
	if err := s.Store.PutDeadLetters(t.Context(), letters); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after      time.Duration
		gone, left int64
	}{{23 * time.Hour, 0, old + 1}, {25 * time.Hour, old, 1}, {27 * time.Hour, 1, 0}} {
		later := store.New(s.Pool, ingesttest.Retention, func() time.Time { return received.Add(ingesttest.Retention + c.after) })
		gone, err := later.PurgeOnce(t.Context())
		if err != nil || gone != c.gone {
			t.Fatalf("%v after retention %d go (%v), want %d", c.after, gone, err, c.gone)
		}
		resp, err := s.Client.GetOutcomes(t.Context(), &ingestv1.GetOutcomesRequest{
			ProjectId: 1, StartTime: timestamppb.New(received), EndTime: timestamppb.New(received.Add(24 * time.Hour)),
		})
		if err != nil {
			t.Fatal(err)
		}
		var left int64
		for _, count := range resp.GetCounts() {
			if count.GetTerm() != ingestv1.OutcomeTerm_OUTCOME_TERM_DEAD_LETTERED {
				t.Errorf("%v after retention: %v", c.after, count)
			}
			left += count.GetCount()
		}
		if left != c.left {
			t.Errorf("%v after retention %d are counted, want %d", c.after, left, c.left)
		}
	}
}

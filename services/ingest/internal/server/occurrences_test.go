package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
)

// occurrence makes a request with an event, of a moment ago.
func occurrence(fingerprint string) *ingestv1.IngestOccurrenceRequest {
	detected := time.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	body := fmt.Sprintf(`{"platform": "go", "timestamp": %q, "tags": {"server": "a1"}, "big": 1, "extra": {"n": 12345678901234567890}}`,
		detected.Format(time.RFC3339Nano))
	return &ingestv1.IngestOccurrenceRequest{
		Occurrence: &issuesv1.Occurrence{
			Id: newID(), ProjectId: ingesttest.Project, EventId: newID(), Fingerprint: []string{fingerprint},
			IssueTitle: "Slow query", Subtitle: "SELECT 1", Type: 1001, DetectionTime: timestamppb.New(detected),
		},
		EventBody: &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(body)},
	}
}

func newID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

func TestAnOccurrenceIsAcceptedOnceAndReadBack(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	req := occurrence("a")

	first, err := s.Client.IngestOccurrence(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := &ingestv1.IngestOccurrenceResponse{
		Outcome: issuesv1.Outcome_OUTCOME_ACCEPTED, IssueId: 1, ShortId: "BACKEND-1", IsNew: true,
	}
	if diff := cmp.Diff(want, first, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	again, err := s.Client.IngestOccurrence(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want.Repeated = true
	if diff := cmp.Diff(want, again, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}

	event, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{
		ProjectId: ingesttest.Project, EventId: strings.ToUpper(req.GetOccurrence().GetEventId()),
		BodyFormat: ingestv1.EventBodyFormat_EVENT_BODY_FORMAT_JSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	if body := string(event.GetEvent().GetEventJson()); !strings.Contains(body, `"n":12345678901234567890`) || strings.Contains(body, "big") {
		t.Errorf("stored event %s, want its numbers exact and its unknown keys gone", body)
	} else if !strings.HasPrefix(body, `{"event_id":"`+req.GetOccurrence().GetEventId()+`","extra":`) || !strings.Contains(body, `,"metadata":{"title":"Slow query"},"platform":`) {
		t.Errorf("stored event %s, want its id and title where they were", body)
	}
	stored, err := s.Client.GetOccurrence(t.Context(), &ingestv1.GetOccurrenceRequest{
		ProjectId: ingesttest.Project, OccurrenceId: req.GetOccurrence().GetId(),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantStored := proto.CloneOf(req.GetOccurrence())
	wantStored.Fingerprint = []string{"0cc175b9c0f1b6a831c399e269772661"}
	wantStored.Level, wantStored.InitialIssuePriority = issuesv1.Level_LEVEL_INFO, issuesv1.Priority_PRIORITY_LOW
	wantStored.EvidenceData = &structpb.Struct{}
	if diff := cmp.Diff(wantStored, stored.GetOccurrence(), protocmp.Transform(), protocmp.IgnoreEmptyMessages()); diff != "" {
		t.Error(diff)
	}
}

func TestOccurrencesOfAnIssueLieInABlock(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	req := &ingestv1.IngestOccurrencesRequest{}
	fingerprints := map[string]string{}
	at := timestamppb.New(time.Now().Add(-time.Minute))
	for i := range 128 { // two blocks
		one := occurrence([]string{"a", "b"}[i%2])
		one.Occurrence.DetectionTime = at
		fingerprints[one.GetOccurrence().GetId()] = one.GetOccurrence().GetFingerprint()[0]
		req.Occurrences = append(req.Occurrences, one)
	}
	if _, err := s.Client.IngestOccurrences(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Pool.Query(t.Context(), `SELECT string_agg(replace(item_id::text, '-', ''), ' ') FROM payloads GROUP BY block_id`)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(blocks) != 2 {
		t.Fatalf("%d blocks (%v), want two", len(blocks), err)
	}
	for _, block := range blocks {
		ids := strings.Fields(block)
		for _, id := range ids {
			if fingerprints[id] != fingerprints[ids[0]] {
				t.Errorf("an occurrence of %q lies in a block of %q", fingerprints[id], fingerprints[ids[0]])
			}
		}
	}
}

func TestItemsOfABatchSucceedOrFailAlone(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	var batch []*ingestv1.IngestOccurrenceRequest
	add := func(change func(*issuesv1.Occurrence)) {
		req := occurrence("a")
		change(req.GetOccurrence())
		batch = append(batch, req)
	}
	nothing := func(*issuesv1.Occurrence) {}
	add(nothing)
	add(func(o *issuesv1.Occurrence) { o.Id = "no id" })
	add(func(o *issuesv1.Occurrence) { o.ProjectId = 404 })
	add(func(o *issuesv1.Occurrence) { o.IssueTitle = ingesttest.Poison })
	add(func(o *issuesv1.Occurrence) { o.IssueTitle = ingesttest.Refused })
	add(func(o *issuesv1.Occurrence) { o.DetectionTime = timestamppb.New(time.Now().AddDate(-1, 0, 0)) })
	add(func(o *issuesv1.Occurrence) { o.DetectionTime = timestamppb.New(time.Now().AddDate(0, 0, 2)) })
	add(func(o *issuesv1.Occurrence) { o.Type = 1016 })
	add(func(o *issuesv1.Occurrence) { o.Fingerprint = nil })
	add(func(o *issuesv1.Occurrence) { o.Subtitle = strings.Repeat("x", 1<<20) })
	add(func(o *issuesv1.Occurrence) { o.IssueTitle = "with a NUL \x00" })
	add(nothing)

	resp, err := s.Client.IngestOccurrences(t.Context(), &ingestv1.IngestOccurrencesRequest{Occurrences: batch})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, result := range resp.GetResults() {
		if failure := result.GetError(); failure != nil {
			got = append(got, codes.Code(failure.GetCode()).String())
			continue
		}
		got = append(got, result.GetResponse().GetOutcome().String())
	}
	want := []string{
		"OUTCOME_ACCEPTED", "InvalidArgument", "NotFound", "Internal", "InvalidArgument", "OUTCOME_DROPPED_TOO_OLD",
		"OUTCOME_DROPPED_IN_FUTURE", "OUTCOME_DROPPED_TYPE_NOT_ENABLED", "InvalidArgument", "ResourceExhausted",
		"OUTCOME_ACCEPTED", "OUTCOME_ACCEPTED",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestARequestMayHaveAThousandItemsAndSixteenMebibytes(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	batch := make([]*ingestv1.IngestOccurrenceRequest, 1001)
	for i := range batch {
		batch[i] = occurrence("a")
	}
	send := func(items []*ingestv1.IngestOccurrenceRequest) ([]*ingestv1.IngestOccurrenceResult, error) {
		resp, err := s.Client.IngestOccurrences(t.Context(), &ingestv1.IngestOccurrencesRequest{Occurrences: items})
		return resp.GetResults(), err
	}
	if _, err := send(batch); status.Code(err) != codes.InvalidArgument {
		t.Errorf("1,001 items: %v, want INVALID_ARGUMENT", err)
	}
	for _, repeated := range []bool{false, true} {
		results, err := send(batch[:1000])
		if err != nil || len(results) != 1000 {
			t.Fatalf("1,000 items: %d results, %v", len(results), err)
		}
		for i, result := range results {
			resp := result.GetResponse()
			if resp.GetOutcome() != issuesv1.Outcome_OUTCOME_ACCEPTED || resp.GetIsNew() != (i == 0) || resp.GetRepeated() != repeated {
				t.Fatalf("item %d: %v", i, result)
			}
		}
	}
	for _, item := range batch[:17] {
		item.Occurrence.Subtitle = strings.Repeat("x", 1<<20-2000)
	}
	if results, err := send(batch[:15]); err != nil || results[14].GetError() != nil {
		t.Errorf("15 items of a mebibyte: %v", err)
	}
	if _, err := send(batch[:17]); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("17 items of a mebibyte: %v, want RESOURCE_EXHAUSTED", err)
	}
}

func TestAnItemOfABatchIsWrittenThoughItsCallerHasLeft(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	release := s.Grouping.Block()
	req := occurrence("a")
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := s.Client.IngestOccurrence(ctx, req)
		left <- err
	}()
	eventually(t, "the batch is with the grouping service", func() bool { return s.Grouping.Waiting() == 1 })
	leave()
	if err := <-left; status.Code(err) != codes.Canceled {
		t.Errorf("%v, want CANCELLED", err)
	}
	release()
	eventually(t, "it is judged", func() bool { return len(s.Grouping.Judged()) == 1 })
	resp, err := s.Client.IngestOccurrence(t.Context(), req)
	if err != nil || !resp.GetRepeated() || !resp.GetIsNew() {
		t.Errorf("%v %v, want the first answer", resp, err)
	}
}

// eventually waits for what another goroutine brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestAnOccurrenceNeedsItsEvent(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	with, without := occurrence("a"), occurrence("b")
	without.EventBody = nil
	without.Occurrence.EventId = with.GetOccurrence().GetEventId()

	_, err := s.Client.IngestOccurrence(t.Context(), without)
	if info := detail[*errdetails.ErrorInfo](err); status.Code(err) != codes.FailedPrecondition || info.GetReason() != "EVENT_NOT_STORED" {
		t.Fatalf("%v %v, want FAILED_PRECONDITION with EVENT_NOT_STORED", err, info)
	}
	resp, err := s.Client.IngestOccurrences(t.Context(), &ingestv1.IngestOccurrencesRequest{
		Occurrences: []*ingestv1.IngestOccurrenceRequest{with, without},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, result := range resp.GetResults() {
		if result.GetResponse().GetOutcome() != issuesv1.Outcome_OUTCOME_ACCEPTED {
			t.Errorf("item %d: %v", i, result)
		}
	}
	judged := s.Grouping.Judged()
	if tags := judged[1].GetOccurrence().GetEvent().GetTags(); len(tags) != 1 || tags[0].GetValue() != "a1" {
		t.Errorf("tags of the event that was looked up: %v", tags)
	}
}

func TestTheFirstBodyOfAnEventStays(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	first, second := occurrence("a"), occurrence("b")
	second.Occurrence.EventId = first.GetOccurrence().GetEventId()
	second.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"platform": "ruby", "timestamp": 0}`)}
	for _, req := range []*ingestv1.IngestOccurrenceRequest{first, second} {
		if _, err := s.Client.IngestOccurrence(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := s.Client.BatchGetEvents(t.Context(), &ingestv1.BatchGetEventsRequest{
		ProjectId: ingesttest.Project, EventIds: []string{newID(), first.GetOccurrence().GetEventId()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.GetEvents()) != 1 || resp.GetEvents()[0].GetEvent().GetFields()["platform"].GetStringValue() != "go" {
		t.Errorf("%v, want the body with platform go alone", resp)
	}
}

func TestEventsThatHaveNoRoomInTheAnswerRemain(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	var ids []string
	var sent []*ingestv1.IngestOccurrenceRequest
	for i := range 40 {
		req := occurrence("a")
		extra := strings.Repeat("x", []int{300_000, 100}[min(i/20, 1)])
		req.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"platform": "go", "timestamp": 0, "extra": {"a": "` + extra + `"}}`)}
		ids, sent = append(ids, req.GetOccurrence().GetEventId()), append(sent, req)
	}
	if _, err := s.Client.IngestOccurrences(t.Context(), &ingestv1.IngestOccurrencesRequest{Occurrences: sent}); err != nil {
		t.Fatal(err)
	}
	wanted := slices.Insert(slices.Clone(ids), 1, newID()) // not stored
	var got []string
	answers := 0
	for rest := wanted; len(rest) > 0; answers++ {
		resp, err := s.Client.BatchGetEvents(t.Context(), &ingestv1.BatchGetEventsRequest{
			ProjectId: ingesttest.Project, EventIds: rest, BodyFormat: ingestv1.EventBodyFormat_EVENT_BODY_FORMAT_JSON,
		})
		if err != nil {
			t.Fatalf("of %d events: %v", len(rest), err)
		}
		for _, event := range resp.GetEvents() {
			got = append(got, event.GetEventId())
		}
		if len(resp.GetRemainingEventIds()) >= len(rest) {
			t.Fatalf("%d of %d remain", len(resp.GetRemainingEventIds()), len(rest))
		}
		rest = resp.GetRemainingEventIds()
	}
	if !slices.Equal(got, ids) || answers != 2 {
		t.Errorf("%d of %d events in %d answers, want 2: %v", len(got), len(ids), answers, cmp.Diff(ids, got))
	}
}

func TestAnEventThatIsLargerThanTheAnswersOfSeveralIsAnsweredAlone(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	large, small := occurrence("a"), occurrence("a")
	ones := strings.Repeat("1,", 300_000) // of which a structure takes 13 bytes each
	large.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"platform": "go", "timestamp": 0, "extra": {"a": [` + ones + `1]}}`)}
	for _, req := range []*ingestv1.IngestOccurrenceRequest{large, small} {
		if _, err := s.Client.IngestOccurrence(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := s.Client.BatchGetEvents(t.Context(), &ingestv1.BatchGetEventsRequest{
		ProjectId: ingesttest.Project, EventIds: []string{large.GetOccurrence().GetEventId(), small.GetOccurrence().GetEventId()},
	}, grpc.MaxCallRecvMsgSize(16<<20))
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.GetEvents()) != 1 || !slices.Equal(resp.GetRemainingEventIds(), []string{small.GetOccurrence().GetEventId()}) {
		t.Errorf("%d events, and %v remain", len(resp.GetEvents()), resp.GetRemainingEventIds())
	}
}

func TestAnEventBuiltFromSpansIsNotStored(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	req := occurrence("a")
	req.IsBufferedSpans = true
	if _, err := s.Client.IngestOccurrence(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if tags := s.Grouping.Judged()[0].GetOccurrence().GetEvent().GetTags(); len(tags) != 1 {
		t.Errorf("tags of the light event: %v", tags)
	}
	_, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: ingesttest.Project, EventId: req.GetOccurrence().GetEventId()})
	if status.Code(err) != codes.NotFound {
		t.Errorf("%v, want NOT_FOUND", err)
	}
}

func TestAPayloadThatIsNotWantedIsGoneBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	req := occurrence("a")
	req.Occurrence.IssueTitle = ingesttest.Discarded
	resp, err := s.Client.IngestOccurrence(t.Context(), req)
	if err != nil || resp.GetOutcome() != issuesv1.Outcome_OUTCOME_DROPPED_DISCARDED {
		t.Fatalf("%v %v", resp, err)
	}
	var rows int
	if err := s.Pool.QueryRow(t.Context(), `SELECT count(*) FROM payloads`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows (%v), want none", rows, err)
	}
}

func TestAGroupingOutageIsUnavailableAndARetryCountsOnce(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	req := occurrence("a")
	s.Grouping.SetDown(true)
	_, err := s.Client.IngestOccurrence(t.Context(), req)
	if status.Code(err) != codes.Unavailable || detail[*errdetails.RetryInfo](err) == nil {
		t.Fatalf("%v, want UNAVAILABLE with RetryInfo", err)
	}
	s.Grouping.SetDown(false)
	resp, err := s.Client.IngestOccurrence(t.Context(), req)
	if err != nil || !resp.GetIsNew() || resp.GetRepeated() {
		t.Errorf("%v %v, want a new issue, although the payload was stored before", resp, err)
	}
}

func TestErrorsNameTheFieldOfTheRequest(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	cases := map[string]func(*ingestv1.IngestOccurrenceRequest){
		"occurrence.id":          func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Id = "x" },
		"occurrence.type":        func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Type = 31337 },
		"occurrence.fingerprint": func(r *ingestv1.IngestOccurrenceRequest) { r.Occurrence.Fingerprint = nil },
		"event.platform": func(r *ingestv1.IngestOccurrenceRequest) {
			r.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{"timestamp": 1}`)}
		},
		"event_json": func(r *ingestv1.IngestOccurrenceRequest) {
			r.EventBody = &ingestv1.IngestOccurrenceRequest_EventJson{EventJson: []byte(`{`)}
		},
	}
	for field, change := range cases {
		req := occurrence("a")
		change(req)
		_, err := s.Client.IngestOccurrence(t.Context(), req)
		violations := detail[*errdetails.BadRequest](err).GetFieldViolations()
		if status.Code(err) != codes.InvalidArgument || len(violations) != 1 || violations[0].GetField() != field {
			t.Errorf("%s: %v %v", field, err, violations)
		}
	}
}

func TestAStatusChangeReachesTheIssueOfItsFingerprint(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	if _, err := s.Client.IngestOccurrence(t.Context(), occurrence("a")); err != nil {
		t.Fatal(err)
	}
	req := &ingestv1.IngestStatusChangeRequest{
		Id: newID(), ProjectId: ingesttest.Project, Fingerprint: []string{"a"}, NewStatus: issuesv1.Status_STATUS_RESOLVED,
	}
	resp, err := s.Client.IngestStatusChange(t.Context(), req)
	if err != nil || resp.GetIssueId() != 1 || !resp.GetChanged() {
		t.Errorf("%v %v", resp, err)
	}
	if change := s.Grouping.Judged()[1].GetStatusChange(); change.GetNewStatus() != issuesv1.Status_STATUS_RESOLVED {
		t.Errorf("grouping was asked for %v", change)
	}
	req.NewSubstatus = issuesv1.Substatus_SUBSTATUS_ONGOING
	if _, err := s.Client.IngestStatusChange(t.Context(), req); status.Code(err) != codes.InvalidArgument {
		t.Errorf("%v, want INVALID_ARGUMENT for a resolved issue with a substatus", err)
	}
}

// detail gives the detail of a type that an error has, or none.
func detail[T any](err error) T {
	var none T
	for _, d := range status.Convert(err).Details() {
		if found, ok := d.(T); ok {
			return found
		}
	}
	return none
}

// JSON has numbers that no double holds. They are kept; a structure, whose numbers are doubles, has their text.
func TestHugeNumbersAreReadBack(t *testing.T) {
	t.Parallel()
	s := ingesttest.Start(t)
	id, eventID, detected := newID(), newID(), time.Now().Add(-time.Minute).Unix()
	item, err := ingest.ReadMessage(fmt.Appendf(nil, `{"id": %q, "project_id": 1, "event_id": %[2]q, "fingerprint": ["a"], "issue_title": "t",
		"subtitle": "s", "type": 1001, "detection_time": %[3]d, "evidence_data": {"n": 1e999, "list": [2, {"n": -1e999}]},
		"event": {"event_id": %[2]q, "project_id": 1, "platform": "go", "timestamp": %[3]d, "extra": {"n": 1e999}}}`, id, eventID, detected),
		ingest.ID{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pipeline.One(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	occurrence, err := s.Client.GetOccurrence(t.Context(), &ingestv1.GetOccurrenceRequest{ProjectId: 1, OccurrenceId: id})
	want := map[string]any{"n": "1e999", "list": []any{2.0, map[string]any{"n": "-1e999"}}}
	if diff := cmp.Diff(want, occurrence.GetOccurrence().GetEvidenceData().AsMap()); err != nil || diff != "" {
		t.Errorf("evidence: %v %s", err, diff)
	}
	event, err := s.Client.GetEvent(t.Context(), &ingestv1.GetEventRequest{ProjectId: 1, EventId: eventID})
	if got := event.GetEvent().GetEvent().AsMap()["extra"]; err != nil || !cmp.Equal(got, map[string]any{"n": "1e999"}) {
		t.Errorf("extra: %v %v", err, got)
	}
}

package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/traces/internal/sender"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// ingest stands for the ingest service: it notes what it is sent, and answers as it is told.
type ingest struct {
	ingestv1.UnimplementedIngestServiceServer
	mu     sync.Mutex
	answer error
	times  map[string]int // by project and event
}

func (i *ingest) IngestEvent(_ context.Context, req *ingestv1.IngestEventRequest) (*ingestv1.IngestEventResponse, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.times[fmt.Sprint(req.GetProjectId(), " ", req.GetEventId())]++
	return &ingestv1.IngestEventResponse{}, i.answer
}

func (i *ingest) answers(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = err
}

// received gives how many events came, and how often in all.
func (i *ingest) received() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	calls := 0
	for _, times := range i.times {
		calls += times
	}
	return fmt.Sprintf("%d events in %d calls", len(i.times), calls)
}

// outbox is senders over the database of a house, whose clock the test moves.
type outbox struct {
	*house
	ingest  *ingest
	client  ingestv1.IngestServiceClient
	elapsed atomic.Int64
}

func newOutbox(t *testing.T) *outbox {
	t.Helper()
	return newOutboxWith(t, store.DefaultLimits)
}

func newOutboxWith(t *testing.T, limits store.Limits) *outbox {
	t.Helper()
	o := &outbox{house: newHouseWith(t, func() time.Time { return now }, limits), ingest: &ingest{times: map[string]int{}}}
	o.client = ingestv1.NewIngestServiceClient(serve(t, bufconn.Listen(1<<20), func(s *grpcserver.Server) {
		ingestv1.RegisterIngestServiceServer(s, o.ingest)
	}))
	return o
}

func (o *outbox) clock() time.Time { return now.Add(time.Duration(o.elapsed.Load())) }

func (o *outbox) send(t *testing.T) (isAway bool) {
	t.Helper()
	s, err := sender.New(o.spans, o.client, slog.New(slog.DiscardHandler), o.clock)
	if err != nil {
		t.Fatal(err)
	}
	isAway, err = s.Send(t.Context())
	if err != nil {
		t.Error(err)
	}
	return isAway
}

func (o *outbox) want(t *testing.T, received string, waiting int) {
	t.Helper()
	if got := o.ingest.received(); got != received {
		t.Errorf("ingest received %s, want %s", got, received)
	}
	rows := 0
	if err := o.pool.QueryRow(t.Context(), "SELECT count(*) FROM traces.error_events").Scan(&rows); err != nil || rows != waiting {
		t.Errorf("%d events wait, %v, want %d", rows, err, waiting)
	}
}

func throwing(count int) func(*tracev1.Span) {
	return func(s *tracev1.Span) {
		for i := range count {
			s.Events = append(s.Events, &tracev1.Span_Event{
				Name: "exception", TimeUnixNano: s.GetEndTimeUnixNano(),
				Attributes: []*commonv1.KeyValue{keyValue("exception.type", "Error"), keyValue("exception.message", fmt.Sprint("number ", i))},
			})
		}
	}
}

func TestExceptionsOfSpansReachIngestOnce(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	req := of(1, span('a', 'a', 60, throwing(2)), span('a', 'b', 60))
	o.export(t, req, req, of(1, span('a', 'a', 60, throwing(2))), of(3, span('b', 'a', 60, throwing(1))))
	o.export(t, of(2, span('c', 'a', 60, throwing(1)))) // a project that does not want them
	o.send(t)
	o.want(t, "3 events in 3 calls", 0)
	o.send(t)
	o.want(t, "3 events in 3 calls", 0)
	o.export(t, of(1, span('a', 'a', 60, throwing(2)), span('a', 'z', 60))) // sent again in other company
	o.send(t)
	o.want(t, "3 events in 5 calls", 0) // the same ids: repeats for ingest
}

func TestWhatIngestCannotTakeNowIsSentLater(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.export(t, of(1, span('a', 'a', 60, throwing(3))))
	o.ingest.answers(status.Error(codes.Unavailable, "down"))
	o.send(t)
	o.want(t, "3 events in 3 calls", 3)
	o.send(t) // not yet
	o.want(t, "3 events in 3 calls", 3)
	o.elapsed.Add(int64(time.Second))
	o.send(t)
	o.want(t, "3 events in 6 calls", 3)
	o.ingest.answers(nil)
	o.elapsed.Add(int64(10 * time.Minute))
	o.send(t)
	o.want(t, "3 events in 9 calls", 0)
}

func TestWhatIngestRefusesIsNotSentAgain(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	for i, code := range []codes.Code{codes.InvalidArgument, codes.NotFound} {
		o.export(t, of(1, span('a', byte('a'+i), 60, throwing(1))))
		o.ingest.answers(status.Error(code, "no"))
		o.send(t)
		o.want(t, fmt.Sprintf("%d events in %d calls", i+1, i+1), 0)
	}
}

func TestEventsOfASenderThatDiedAreSentByAnother(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.export(t, of(1, span('a', 'a', 60, throwing(3))))
	if due, err := o.spans.TakeErrorEvents(t.Context(), 1, o.clock(), time.Minute, 10); err != nil || len(due) != 3 { // and it dies
		t.Fatalf("took %d: %v", len(due), err)
	}
	o.send(t)
	o.want(t, "0 events in 0 calls", 3)
	o.elapsed.Add(int64(time.Minute))
	o.send(t)
	o.want(t, "3 events in 3 calls", 0)
}

func TestSeveralSendersShareTheWork(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	for i := range 10 {
		o.export(t, of(1+2*(i%2), span('a', byte('a'+i), 60, throwing(40))))
	}
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() { o.send(t) })
	}
	senders.Wait()
	o.want(t, "400 events in 400 calls", 0)
}

func TestWhatWaitsLongIsTriedNowAndThen(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.export(t, of(1, span('a', 'a', 60, throwing(100))), of(3, span('b', 'a', 60, throwing(2))))
	o.ingest.answers(status.Error(codes.Unavailable, "down"))
	if !o.send(t) {
		t.Error("ingest seems to answer")
	}
	o.want(t, "34 events in 34 calls", 102) // a turn: some of each project
	o.ingest.answers(nil)
	o.elapsed.Add(int64(time.Minute))
	if o.send(t) {
		t.Error("ingest seems to be away")
	}
	o.want(t, "102 events in 136 calls", 0)
}

func TestErrorEventsBeyondTheBoundAreCounted(t *testing.T) {
	t.Parallel()
	o := newOutboxWith(t, store.Limits{SearchTime: time.Minute, ErrorEvents: 5})
	first, second := of(1, span('a', 'a', 60, throwing(3))), of(1, span('a', 'b', 60, throwing(4)))
	o.export(t, first, second, second, of(3, span('b', 'a', 60, throwing(1))))
	o.wantWaiting(t, 6)
	if got := o.match(t, &tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"id:" + fmt.Sprintf("%x", spanID('b'))}}); got != "a" {
		t.Errorf("the span whose exceptions found no room: found %q", got)
	}
	for _, tc := range []struct {
		exceptions, dropped int
	}{{4, 4}, {0, 0}} {
		inserted, err := o.spans.Insert(t.Context(), []traces.Span{throwingSpan(tc.exceptions)})
		if err != nil || inserted.DroppedErrors != tc.dropped {
			t.Errorf("of %d error events %d were dropped, %v, want %d", tc.exceptions, inserted.DroppedErrors, err, tc.dropped)
		}
	}
	o.send(t)
	o.want(t, "6 events in 6 calls", 0)
	o.export(t, second) // there is room again, and the sender sends again
	o.send(t)
	o.want(t, "8 events in 10 calls", 0)
}

// throwingSpan is a span of project 1 with error events that no other span has.
func throwingSpan(count int) traces.Span {
	s := traces.Span{OrganizationID: 1, ProjectID: 1, TraceID: traces.TraceID{1}, SpanID: traces.SpanID{byte(1 + count)}, EndNanos: now.UnixNano()}
	for i := range count {
		s.Errors = append(s.Errors, traces.ErrorEvent{ID: [16]byte{byte(count), byte(i)}, Body: []byte("{}")})
	}
	return s
}

func (o *outbox) wantWaiting(t *testing.T, want int64) {
	t.Helper()
	for atMost, want := range map[int]int64{1000: want, 2: 2} { // as far as it is asked to count
		count, oldest, err := o.spans.WaitingErrorEvents(t.Context(), atMost)
		if err != nil || count != want || !oldest.Equal(now.Truncate(time.Microsecond)) {
			t.Errorf("%d events wait since %v, %v, want %d", count, oldest, err, want)
		}
	}
}

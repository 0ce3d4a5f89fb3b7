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
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/traces/internal/sender"
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
	o := &outbox{house: newHouse(t), ingest: &ingest{times: map[string]int{}}}
	o.client = ingestv1.NewIngestServiceClient(serve(t, bufconn.Listen(1<<20), func(s *grpcserver.Server) {
		ingestv1.RegisterIngestServiceServer(s, o.ingest)
	}))
	return o
}

func (o *outbox) clock() time.Time { return now.Add(time.Duration(o.elapsed.Load())) }

func (o *outbox) send(t *testing.T) {
	t.Helper()
	s, err := sender.New(o.spans, o.client, slog.New(slog.DiscardHandler), o.clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context()); err != nil {
		t.Error(err)
	}
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

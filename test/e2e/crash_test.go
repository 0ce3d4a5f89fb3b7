package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlpv1 "go.opentelemetry.io/proto/otlp/trace/v1"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

const (
	senders      = 8
	fingerprints = 5
	flowing      = 40              // acknowledgements by which a stream is seen to flow
	recovery     = 2 * time.Minute // in which it flows again after a crash
	betweenTries = 10 * time.Millisecond
	// betweenRecords lets the stream flow all the time without making a pile of records that says nothing new.
	betweenRecords = 10 * time.Millisecond
)

// stream sends until it is told to stop, and sends everything again until it is acknowledged.
type stream struct {
	acknowledged atomic.Int64
	ctx          context.Context //nolint:containedctx // it is the life of the stream
	finish       context.CancelFunc
	group        sync.WaitGroup
}

func newStream(t *testing.T) *stream {
	t.Helper()
	st := &stream{}
	st.ctx, st.finish = context.WithCancel(t.Context())
	t.Cleanup(st.finish)
	return st
}

// send calls try until it succeeds, also when the stream is finished meanwhile: whatever is begun is acknowledged.
func (st *stream) send(ctx context.Context, try func() error) {
	for try() != nil {
		select {
		case <-time.After(betweenTries):
		case <-ctx.Done(): // the test was given up
			return
		}
	}
	st.acknowledged.Add(1)
}

func (st *stream) run(sendOne func()) {
	st.group.Go(func() {
		for st.ctx.Err() == nil {
			sendOne()
		}
	})
}

// awaitFlow waits until so many more things were acknowledged.
func (st *stream) awaitFlow(t *testing.T, what string) {
	t.Helper()
	from := st.acknowledged.Load()
	eventually(t, recovery, what+" flow", func() bool { return st.acknowledged.Load() >= from+flowing })
}

func TestACrashLosesNothingAcknowledgedAndCountsNothingTwice(t *testing.T) {
	t.Parallel()
	addrs, kafka := broker(t)
	s := newStack(t, addrs)
	occurrences, records, spans := newStream(t), newStream(t), newStream(t)

	for sender := range senders {
		occurrences.run(func() {
			request := occurrence(t, fmt.Sprintf("grpc %d", sender%fingerprints), someTrace)
			occurrences.send(t.Context(), func() error {
				_, err := s.ingest.IngestOccurrence(t.Context(), request)
				return err
			})
		})
	}
	var serial int
	records.run(func() {
		serial++
		fingerprint := fmt.Sprintf("kafka %d", serial%fingerprints)
		value := message(t, occurrence(t, fingerprint, someTrace))
		records.send(t.Context(), func() error {
			return kafka.ProduceSync(t.Context(), &kgo.Record{Key: []byte(fingerprint), Value: value}).FirstErr()
		})
		<-time.After(betweenRecords)
	})
	exporter := collectorv1.NewTraceServiceClient(dial(t, s.otlpAddr))
	traceID := make([]byte, 16)
	rand.Read(traceID)
	spans.run(func() {
		request := oneSpan(traceID)
		spans.send(t.Context(), func() error {
			_, err := exporter.Export(t.Context(), request)
			return err
		})
	})

	for _, name := range []string{"ingest", "grouping", "traces", "search"} {
		occurrences.awaitFlow(t, "occurrences")
		spans.awaitFlow(t, "spans")
		t.Logf("%s is killed after %d occurrences, %d records and %d spans", name, occurrences.acknowledged.Load(), records.acknowledged.Load(), spans.acknowledged.Load())
		s.services[name].kill(t)
		s.services[name].start(t)
		s.services[name].awaitServing(t)
	}
	occurrences.awaitFlow(t, "occurrences")
	spans.awaitFlow(t, "spans")
	for _, st := range []*stream{occurrences, records, spans} {
		st.finish()
		st.group.Wait()
	}

	s.expectCount(t, "grpc", occurrences.acknowledged.Load())
	s.expectCount(t, "kafka", records.acknowledged.Load())
	tree, err := s.search.GetTrace(t.Context(), &searchv1.GetTraceRequest{OrganizationId: 1, TraceId: fmt.Sprintf("%x", traceID)})
	if err != nil || tree.GetSpanCount() != spans.acknowledged.Load() {
		t.Errorf("%d spans, %d were acknowledged: %v", tree.GetSpanCount(), spans.acknowledged.Load(), err)
	}
}

// expectCount waits until the issues of a door were seen as often as was acknowledged, and sees that it stays so:
// every event that they count is there, once.
func (s *stack) expectCount(t *testing.T, door string, acknowledged int64) {
	t.Helper()
	var seen, matching int64
	count := func() {
		seen, matching = 0, 0
		for _, issue := range s.find(t, fmt.Sprintf(`title:"Monitor failure: %s *"`, door)) {
			seen += issue.GetTimesSeen()
			matching += issue.GetMatching().GetCount()
		}
	}
	eventually(t, recovery, door+" occurrences are all counted", func() bool { count(); return seen >= acknowledged })
	if seen != acknowledged || matching != acknowledged {
		t.Errorf("%s: counted %d, found %d, acknowledged %d", door, seen, matching, acknowledged)
	}
}

func oneSpan(traceID []byte) *collectorv1.ExportTraceServiceRequest {
	spanID := make([]byte, 8)
	rand.Read(spanID)
	now := uint64(time.Now().UnixNano())
	return &collectorv1.ExportTraceServiceRequest{ResourceSpans: []*otlpv1.ResourceSpans{{ScopeSpans: []*otlpv1.ScopeSpans{{Spans: []*otlpv1.Span{{
		TraceId: traceID, SpanId: spanID, Name: "work", StartTimeUnixNano: now - 1000, EndTimeUnixNano: now,
	}}}}}}}
}

package e2e

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

// Exports of a few spans of one trace each, the first of which has an exception.
const (
	spanSenders   = 4
	spanExports   = 60 // of a sender
	spansOfExport = 15
)

func exportOf(sender, export int, at time.Time) *collectorv1.ExportTraceServiceRequest {
	id := func(span int) []byte {
		return binary.BigEndian.AppendUint64(nil, uint64(1+span+100*export+100_000*sender))
	}
	text := func(key, value string) *commonv1.KeyValue {
		return &commonv1.KeyValue{Key: key, Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: value}}}
	}
	var spans []*tracev1.Span
	for i := range spansOfExport {
		spans = append(spans, &tracev1.Span{
			TraceId: append(id(0), id(0)...), SpanId: id(i), Name: "work", Attributes: []*commonv1.KeyValue{text("sender", fmt.Sprint(sender))},
			StartTimeUnixNano: uint64(at.Add(-time.Second).UnixNano()), EndTimeUnixNano: uint64(at.UnixNano()),
		})
	}
	spans[0].Events = []*tracev1.Span_Event{{
		Name: "exception", TimeUnixNano: uint64(at.UnixNano()), Attributes: []*commonv1.KeyValue{text("exception.type", "Broken"), text("exception.message", "it broke")},
	}}
	return &collectorv1.ExportTraceServiceRequest{ResourceSpans: []*tracev1.ResourceSpans{{ScopeSpans: []*tracev1.ScopeSpans{{Spans: spans}}}}}
}

// The traces service dies again and again while spans come in, are merged, and their exceptions are sent on. Senders
// repeat what was not acknowledged, as exporters do.
func TestKillsOfTracesLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	client := collectorv1.NewTraceServiceClient(dial(t, s.otlpAddr))
	at := time.Now()
	var acked, repeats atomic.Int64
	done := make(chan struct{})
	var senders sync.WaitGroup
	for sender := range spanSenders {
		senders.Go(func() {
			for export := range spanExports {
				for t.Context().Err() == nil {
					resp, err := client.Export(t.Context(), exportOf(sender, export, at))
					if err == nil {
						if resp.GetPartialSuccess().GetRejectedSpans() > 0 {
							t.Errorf("rejected: %v", resp)
						}
						acked.Add(1)
						break
					}
					repeats.Add(1)
					select {
					case <-time.After(pollInterval):
					case <-t.Context().Done():
					}
				}
			}
		})
	}
	go func() { senders.Wait(); close(done) }()
	const kills = 5
	for kill := range int64(kills) {
		eventually(t, 2*startTimeout, "more spans were acknowledged", func() bool { return acked.Load() >= (kill+1)*spanSenders*spanExports/(kills+1) })
		s.services["traces"].kill(t)
		s.services["traces"].start(t)
	}
	<-done
	s.services["traces"].awaitServing(t)
	t.Logf("%d Exports were sent again", repeats.Load())

	s.wantSpans(t, spanSenders*spanExports*spansOfExport)
	for sender := range spanSenders {
		for export := range spanExports {
			spans, err := s.search.ListTraceSpans(t.Context(), &searchv1.ListTraceSpansRequest{
				OrganizationId: 1, TraceId: fmt.Sprintf("%x", exportOf(sender, export, at).GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetTraceId()),
			})
			if err != nil || len(spans.GetSpans()) != spansOfExport {
				t.Fatalf("trace %d of sender %d has %d spans, %v", export, sender, len(spans.GetSpans()), err)
			}
		}
	}
	eventually(t, 3*startTimeout, "each exception is counted once", func() bool { // what a process had taken waits for its lease to end
		return s.find(t, "error.type:Broken")["Broken: it broke"].GetTimesSeen() == spanSenders*spanExports
	})
}

// wantSpans counts all spans of the organization.
func (s *stack) wantSpans(t *testing.T, want float64) {
	t.Helper()
	stats, err := s.search.GetTraceStats(t.Context(), &searchv1.GetTraceStatsRequest{OrganizationId: 1, YAxes: []string{"count()"}})
	if err != nil {
		t.Fatal(err)
	}
	count := 0.0
	for _, point := range stats.GetSeries()[0].GetPoints() {
		count += point.GetValue()
	}
	if count != want {
		t.Errorf("%v spans are counted, want %v", count, want)
	}
}

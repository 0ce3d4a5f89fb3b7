package consumer_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/picket-io/picket/services/ingest/internal/consumer"
	"github.com/picket-io/picket/services/ingest/internal/ingesttest"
	"github.com/picket-io/picket/test/testkafka"
)

// The providers are the process's, as a service's are.
var (
	spans  = tracetest.NewInMemoryExporter()
	reader = metric.NewManualReader()
)

func TestMain(m *testing.M) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(spans)))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	os.Exit(testkafka.Main(m))
}

func TestTheTraceOfARecordGoesOnToItsVerdict(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const traceID = "0af7651916cd43dd8448eb211c80319c"
	d.produceAsync(t, message("a", "traced"), kgo.RecordHeader{Key: "traceparent", Value: []byte("00-" + traceID + "-b7ad6b7169203331-01")})
	d.consume(t)
	eventually(t, "the batch and the call of the grouping service are in the sender's trace", func() bool {
		names := map[string]bool{}
		for _, span := range spans.GetSpans() {
			if span.SpanContext.TraceID().String() == traceID {
				names[span.Name] = true
			}
		}
		return names["judge records"] && names[d.Topic+" receive"] && names["picket.grouping.v1.GroupingService/AssignGroups"]
	})
}

func TestTheLagIsWhatIsNotDone(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	d.Grouping.SetDown(true)
	for range 7 {
		d.produceAsync(t, message("a", "t"))
	}
	d.flush(t)
	d.consume(t)
	eventually(t, "the lag is 7", func() bool { return d.lag(t) == 7 })
	d.Grouping.SetDown(false)
	eventually(t, "the lag is 0", func() bool { return d.lag(t) == 0 })
}

func TestBatchesAreBoundedAndMeasured(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const records = 1200
	for range records {
		d.produceAsync(t, message("a", "t"))
	}
	d.flush(t)
	d.consume(t)
	eventually(t, "all are committed", func() bool { return d.Committed(t) == records })
	sizes, ok := measured(t, "picket.ingest.kafka.batch.records").(metricdata.Histogram[int64])
	if !ok {
		t.Fatal("batches are not measured")
	}
	for _, point := range sizes.DataPoints { // of all tests
		if largest, _ := point.Max.Value(); point.Sum < records || largest > 500 {
			t.Errorf("%d records in batches of up to %d", point.Sum, largest)
		}
	}
	durations, ok := measured(t, "picket.ingest.kafka.batch.duration").(metricdata.Histogram[float64])
	if !ok || durations.DataPoints[0].Count == 0 {
		t.Error("the time of batches is not measured")
	}
}

func TestTheTraceOfARecordGoesOnToTheDeadLetterTopic(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	const traceID = "1bf7651916cd43dd8448eb211c80319c"
	d.produceAsync(t, "not JSON", kgo.RecordHeader{Key: "traceparent", Value: []byte("00-" + traceID + "-b7ad6b7169203331-01")})
	d.consume(t)
	forwarder := consumer.NewForwarder(d.Brokers, d.DeadLetterTopic, d.Store, time.Now, slog.New(slog.DiscardHandler))
	ingesttest.Run(t, forwarder.Run)
	var parents []string
	for _, h := range d.deadRecords(t, 1)[0].Headers {
		if h.Key == "traceparent" {
			parents = append(parents, string(h.Value))
		}
	}
	if len(parents) != 1 || !strings.Contains(parents[0], traceID) || strings.Contains(parents[0], "b7ad6b7169203331") {
		t.Errorf("traceparent %q, want a child of the sender's span", parents)
	}
}

func TestWhatIsRedactedIsCounted(t *testing.T) {
	t.Parallel()
	d := start(t, 1)
	secrets := strings.Replace(message("a", "password=hunter22"), `"tags": {}`, `"tags": {"api_key": "k", "card": "4111 1111 1111 1111"}`, 1)
	d.produceAsync(t, secrets)
	d.consume(t)
	eventually(t, "it is judged", func() bool { return len(d.Grouping.Judged()) == 1 })
	redacted, ok := measured(t, "picket.ingest.redacted").(metricdata.Sum[int64])
	if !ok || len(redacted.DataPoints) != 1 || redacted.DataPoints[0].Value != 3 { // no other test of the package has secrets
		t.Errorf("%v, want 3 redacted", redacted)
	}
}

// measured gives what a metric has, or nil.
func measured(t *testing.T, name string) metricdata.Aggregation {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				return m.Data
			}
		}
	}
	return nil
}

// lag is -1 when there is none.
func (d *door) lag(t *testing.T) int64 {
	t.Helper()
	gauge, _ := measured(t, "picket.ingest.kafka.lag").(metricdata.Gauge[int64])
	for _, point := range gauge.DataPoints {
		if topic, _ := point.Attributes.Value("topic"); topic.AsString() == d.Topic {
			return point.Value
		}
	}
	return -1
}

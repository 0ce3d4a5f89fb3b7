package consumer_test

import (
	"context"
	"os"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

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

// lag is -1 when there is none.
func (d *door) lag(t *testing.T) int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			gauge, ok := m.Data.(metricdata.Gauge[int64])
			if !ok || m.Name != "picket.ingest.kafka.lag" {
				continue
			}
			for _, point := range gauge.DataPoints {
				if topic, _ := point.Attributes.Value("topic"); topic.AsString() == d.Topic {
					return point.Value
				}
			}
		}
	}
	return -1
}

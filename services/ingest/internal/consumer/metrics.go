package consumer

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

const scope = "picket/ingest/kafka"

type metrics struct {
	meter    metric.Meter
	tracer   trace.Tracer
	lag      metric.Int64ObservableGauge
	stopped  metric.Int64ObservableGauge
	sizes    metric.Int64Histogram
	duration metric.Float64Histogram
	dead     metric.Int64Counter
	pruned   metric.Int64Counter
}

func newMetrics() (*metrics, error) {
	m := &metrics{meter: otel.Meter(scope), tracer: otel.Tracer(scope)}
	var errs [6]error
	m.lag, errs[0] = m.meter.Int64ObservableGauge("picket.ingest.kafka.lag",
		metric.WithDescription("Records of a partition that are not done, as of its last fetch."))
	m.stopped, errs[1] = m.meter.Int64ObservableGauge("picket.ingest.kafka.stopped",
		metric.WithDescription("1 when nothing is consumed any more because too many records are invalid."))
	m.sizes, errs[2] = m.meter.Int64Histogram("picket.ingest.kafka.batch.records",
		metric.WithDescription("Records that were judged together."),
		metric.WithExplicitBucketBoundaries(1, 2, 5, 10, 20, 50, 100, 200, 500))
	m.duration, errs[3] = m.meter.Float64Histogram("picket.ingest.kafka.batch.duration", metric.WithUnit("s"),
		metric.WithDescription("Time from a batch's start to its verdicts."),
		metric.WithExplicitBucketBoundaries(.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10))
	m.dead, errs[4] = m.meter.Int64Counter("picket.ingest.kafka.dead_letters",
		metric.WithDescription("Records that became dead letters, by reason."))
	m.pruned, errs[5] = m.meter.Int64Counter("picket.ingest.kafka.pruned_status_changes",
		metric.WithDescription("Status changes that a later one of the same batch made needless."))
	return m, errors.Join(errs[:]...)
}

// observe reports on a consumer until forget is called.
func (m *metrics) observe(c *Consumer) (forget func(), err error) {
	registration, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, w := range c.assignments() {
			o.ObserveInt64(m.lag, w.window.lag(), metric.WithAttributes(
				attribute.String("topic", w.window.topic), attribute.Int("partition", int(w.window.partition))))
		}
		stopped := int64(0)
		if c.failed() != nil {
			stopped = 1
		}
		o.ObserveInt64(m.stopped, stopped)
		return nil
	}, m.lag, m.stopped)
	if err != nil {
		return nil, err
	}
	return func() { _ = registration.Unregister() }, nil
}

// startBatch begins the span of a batch. It continues the trace of a lone record, and is linked to those of several.
func (m *metrics) startBatch(ctx context.Context, b *batch) (_ context.Context, finish func()) {
	var links []trace.Link
	for _, d := range b.deliveries {
		if sender := trace.SpanContextFromContext(d.record.Context); sender.IsValid() {
			links = append(links, trace.Link{SpanContext: sender})
		}
	}
	if len(b.deliveries) == 1 && len(links) == 1 {
		ctx, links = trace.ContextWithSpanContext(ctx, links[0].SpanContext), nil
	}
	start := time.Now()
	ctx, span := m.tracer.Start(ctx, "judge records", trace.WithLinks(links...), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.Int("messaging.batch.message_count", len(b.deliveries))))
	return ctx, func() {
		span.End()
		m.sizes.Record(ctx, int64(len(b.deliveries)))
		m.duration.Record(ctx, time.Since(start).Seconds())
	}
}

func (m *metrics) countPruned(ctx context.Context, n int) { m.pruned.Add(ctx, int64(n)) }

func (m *metrics) countDeadLetter(ctx context.Context, reason ingest.DeadLetterReason) {
	m.dead.Add(ctx, 1, metric.WithAttributes(attribute.String("reason", reasonName(reason))))
}

// reasonName is the word of the contract for a reason, such as MALFORMED.
func reasonName(reason ingest.DeadLetterReason) string {
	return strings.TrimPrefix(ingestv1.DeadLetterReason(reason).String(), "DEAD_LETTER_REASON_")
}

package otlp

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// counters say what became of the spans that came in: each is stored, repeated or rejected.
type counters struct{ storedSpans, repeatedSpans, rejectedSpans metric.Int64Counter }

func newCounters() (counters, error) {
	meter := otel.Meter("github.com/picket-io/picket/services/traces")
	stored, err1 := meter.Int64Counter("picket.traces.spans.stored", metric.WithUnit("{span}"),
		metric.WithDescription("Spans that were stored"))
	repeated, err2 := meter.Int64Counter("picket.traces.spans.repeated", metric.WithUnit("{span}"),
		metric.WithDescription("Spans that had been stored before"))
	rejected, err3 := meter.Int64Counter("picket.traces.spans.rejected", metric.WithUnit("{span}"),
		metric.WithDescription("Spans that were rejected, by reason"))
	return counters{stored, repeated, rejected}, errors.Join(err1, err2, err3)
}

func (c counters) stored(ctx context.Context, stored, repeated int) {
	c.storedSpans.Add(ctx, int64(stored))
	c.repeatedSpans.Add(ctx, int64(repeated))
}

func (c counters) refused(ctx context.Context, refused *refusals) {
	for reason, spans := range refused.counts {
		c.rejectedSpans.Add(ctx, spans, metric.WithAttributes(attribute.String("reason", string(reason))))
	}
}

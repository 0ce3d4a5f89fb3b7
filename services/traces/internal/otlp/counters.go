package otlp

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/picket-io/picket/services/traces/internal/store"
)

// counters say what became of the spans that came in: each is stored, repeated or rejected.
type counters struct{ storedSpans, repeatedSpans, rejectedSpans, droppedExceptions metric.Int64Counter }

func newCounters() (counters, error) {
	meter := otel.Meter("github.com/picket-io/picket/services/traces")
	stored, err1 := meter.Int64Counter("picket.traces.spans.stored", metric.WithUnit("{span}"),
		metric.WithDescription("Spans that were stored"))
	repeated, err2 := meter.Int64Counter("picket.traces.spans.repeated", metric.WithUnit("{span}"),
		metric.WithDescription("Spans that had been stored before"))
	rejected, err3 := meter.Int64Counter("picket.traces.spans.rejected", metric.WithUnit("{span}"),
		metric.WithDescription("Spans that were rejected, by reason"))
	dropped, err4 := meter.Int64Counter("picket.traces.exceptions.dropped", metric.WithUnit("{event}"),
		metric.WithDescription("Exceptions in spans that will not become issues, because too many of their project wait for ingest"))
	return counters{stored, repeated, rejected, dropped}, errors.Join(err1, err2, err3, err4)
}

func (c counters) inserted(ctx context.Context, spans int, inserted store.Inserted) {
	c.storedSpans.Add(ctx, int64(inserted.Stored))
	c.repeatedSpans.Add(ctx, int64(spans-inserted.Stored-len(inserted.Refused)))
	c.droppedExceptions.Add(ctx, int64(inserted.DroppedErrors))
}

func (c counters) refused(ctx context.Context, refused *refusals) {
	for reason, spans := range refused.counts {
		c.rejectedSpans.Add(ctx, spans, metric.WithAttributes(attribute.String("reason", string(reason))))
	}
}

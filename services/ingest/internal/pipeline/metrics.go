package pipeline

import (
	"context"
	"errors"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

type metrics struct {
	items    metric.Int64Counter
	legacy   metric.Int64Counter
	redacted metric.Int64Counter
	sizes    metric.Int64Histogram
}

func newMetrics() (*metrics, error) {
	meter := otel.Meter("picket/ingest")
	items, err1 := meter.Int64Counter("picket.ingest.items",
		metric.WithDescription("Items that came in, by outcome, or rejected or postponed."))
	legacy, err2 := meter.Int64Counter("picket.ingest.legacy_events",
		metric.WithDescription("Events that only the older schema accepts."))
	redacted, err4 := meter.Int64Counter("picket.ingest.redacted",
		metric.WithDescription("Secrets that were taken out of what came in."))
	sizes, err3 := meter.Int64Histogram("picket.ingest.batch.items",
		metric.WithDescription("Items that were stored and judged together."),
		metric.WithExplicitBucketBoundaries(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000))
	return &metrics{items: items, legacy: legacy, redacted: redacted, sizes: sizes}, errors.Join(err1, err2, err3, err4)
}

func (m *metrics) batch(ctx context.Context, items int) { m.sizes.Record(ctx, int64(items)) }

func (m *metrics) count(ctx context.Context, items []ingest.Item, results []Result) {
	for i, result := range results {
		if items[i].Event != nil && items[i].Event.ByLegacy {
			m.legacy.Add(ctx, 1)
		}
		m.items.Add(ctx, 1, metric.WithAttributes(
			attribute.String("outcome", outcomeName(result)), attribute.Bool("repeated", result.Value.Repeated)))
	}
}

func outcomeName(result Result) string {
	if result.Err == nil {
		return strings.ToLower(strings.TrimPrefix(issuesv1.Outcome(result.Value.Outcome).String(), "OUTCOME_"))
	}
	if IsTransient(result.Err) {
		return "postponed"
	}
	return "rejected"
}

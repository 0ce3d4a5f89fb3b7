package assign

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// metrics are what judging shows of itself.
type metrics struct {
	judged     metric.Int64Counter
	repeated   metric.Int64Counter
	startOvers metric.Int64Counter
	unasked    metric.Int64Counter
}

func newMetrics() (*metrics, error) {
	meter := otel.Meter("github.com/picket-io/picket/services/grouping")
	var m metrics
	var failures [4]error
	m.judged, failures[0] = meter.Int64Counter("picket.grouping.items.judged",
		metric.WithDescription("Items judged for the first time, by outcome."))
	m.repeated, failures[1] = meter.Int64Counter("picket.grouping.items.repeated",
		metric.WithDescription("Items that had been judged before."))
	m.startOvers, failures[2] = meter.Int64Counter("picket.grouping.batches.started_over",
		metric.WithDescription("Batches that started over because what they knew had changed."))
	m.unasked, failures[3] = meter.Int64Counter("picket.grouping.items.unasked",
		metric.WithDescription("Items that made issues without asking for limits, because Redis did not answer."))
	return &m, errors.Join(failures[:]...)
}

func (m *metrics) count(ctx context.Context, results []Result) {
	for _, r := range results {
		switch {
		case r.Err != nil:
		case r.Judgement.Repeated:
			m.repeated.Add(ctx, 1)
		default:
			m.judged.Add(ctx, 1, metric.WithAttributes(attribute.Int("outcome", int(r.Judgement.Outcome))))
		}
	}
}

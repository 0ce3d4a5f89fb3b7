package telemetry

import (
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// sampler follows the caller's decision, and lets a trace begin only with work that comes in from outside: a call or a
// message. Statements that a service runs by itself are no traces of their own. So the traces service can take in the
// spans of all services, its own too: storing spans makes none.
func sampler() trace.Sampler { return trace.ParentBased(incomingWork{}) }

type incomingWork struct{}

func (incomingWork) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	decision := trace.Drop
	if p.Kind == oteltrace.SpanKindServer || p.Kind == oteltrace.SpanKindConsumer {
		decision = trace.RecordAndSample
	}
	return trace.SamplingResult{Decision: decision, Tracestate: oteltrace.SpanContextFromContext(p.ParentContext).TraceState()}
}

func (incomingWork) Description() string { return "IncomingWork" }

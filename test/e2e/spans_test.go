package e2e

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// tracer is a real OpenTelemetry SDK that exports to the stack.
func (s *stack) tracer(t *testing.T, service string) (trace.Tracer, *sdktrace.TracerProvider) {
	t.Helper()
	exporter, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpoint(s.otlpAddr), otlptracegrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", service), attribute.String("telemetry.sdk.language", "go"))))
	t.Cleanup(func() { provider.Shutdown(context.Background()) }) //nolint:errcheck // what matters was flushed
	return provider.Tracer("e2e"), provider
}

func TestSpansOfAnSDKAreFoundAsATrace(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	shop, shopProvider := s.tracer(t, "shop")
	payments, paymentsProvider := s.tracer(t, "payments")

	ctx, root := shop.Start(t.Context(), "POST /checkout", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", "POST"), attribute.String("http.route", "/checkout"), attribute.Int("cart.items", 3)))
	callCtx, call := payments.Start(ctx, "charge", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", "POST"), attribute.String("card.brand", "visa")))
	_, query := payments.Start(callCtx, "SELECT", trace.WithAttributes(attribute.String("db.system", "postgresql"), attribute.String("db.statement", "SELECT 1")))
	query.SetStatus(codes.Error, "deadlock")
	query.End()
	call.End()
	root.End()
	for _, provider := range []*sdktrace.TracerProvider{paymentsProvider, shopProvider} {
		if err := provider.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	traceID := root.SpanContext().TraceID().String()

	// An occurrence of the same trace is counted with it.
	if _, err := s.ingest.IngestOccurrence(t.Context(), occurrence(t, "in a trace", traceID)); err != nil {
		t.Fatal(err)
	}
	search := func(queries ...string) []*tracesv1.TraceSummary {
		resp, err := s.search.SearchTraces(t.Context(), &searchv1.SearchTracesRequest{OrganizationId: 1, Queries: queries})
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetTraces()
	}
	found := search("span.op:db", "card.brand:visa")
	if len(found) != 1 {
		t.Fatalf("found %d traces, want 1", len(found))
	}
	got := found[0]
	if got.GetTraceId() != traceID || got.GetName() != "POST /checkout" || got.GetSpanCount() != 3 || got.GetMatchingSpanCount() != 2 || got.GetOccurrenceCount() != 1 {
		t.Errorf("found %v", got)
	}
	if none := search("span.op:db", "card.brand:mastercard"); len(none) != 0 {
		t.Errorf("found %v, although one query has no span", none)
	}
	_, ahead := shop.Start(t.Context(), "from a clock that is ahead", trace.WithAttributes(attribute.Bool("clock.ahead", true)))
	ahead.End(trace.WithTimestamp(time.Now().Add(time.Minute)))
	if err := shopProvider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := search("clock.ahead:true"); len(found) != 1 {
		t.Errorf("found %v of a span whose clock is ahead", found)
	}
	tree, err := s.search.GetTrace(t.Context(), &searchv1.GetTraceRequest{OrganizationId: 1, TraceId: traceID})
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.GetRoots()) != 1 || tree.GetRoots()[0].GetChildren()[0].GetChildren()[0].GetSpan().GetOp() != "db" {
		t.Errorf("the tree is %v", tree)
	}
}

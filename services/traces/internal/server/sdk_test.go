package server_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func TestATraceOfTheOpenTelemetrySDKArrivesWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	exporter, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpoint(h.otlpAddr), otlptracegrpc.WithInsecure(),
		otlptracegrpc.WithCompressor("gzip"), otlptracegrpc.WithHeaders(map[string]string{"picket-project-id": "1"}))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "checkout"), attribute.String("telemetry.sdk.name", "opentelemetry"),
		attribute.String("telemetry.sdk.language", "go"))))
	tracer := provider.Tracer("shop")

	start := now.Add(-time.Minute)
	ctx, root := tracer.Start(t.Context(), "GET", trace.WithTimestamp(start), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/cart")))
	_, query := tracer.Start(ctx, "SELECT", trace.WithTimestamp(start.Add(time.Millisecond)), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.Int64Slice("ids", []int64{1, 2})))
	elsewhere := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID(traceID('l')), SpanID: trace.SpanID(spanID('l')), TraceFlags: trace.FlagsSampled,
	})
	query.AddLink(trace.Link{SpanContext: elsewhere, Attributes: []attribute.KeyValue{attribute.Int("n", 1)}})
	query.AddEvent("exception", trace.WithTimestamp(start.Add(5*time.Millisecond)), trace.WithAttributes(attribute.String("exception.type", "NoTable")))
	query.SetStatus(otelcodes.Error, "no such table")
	query.End(trace.WithTimestamp(start.Add(11 * time.Millisecond)))
	root.End(trace.WithTimestamp(start.Add(20 * time.Millisecond)))
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	found, err := h.MatchTraces(t.Context(), &tracesv1.MatchTracesRequest{
		Scope: scope(), Queries: []string{"span.op:db span.status:unknown", "service.name:checkout is_transaction:true"},
	})
	if err != nil || len(found.GetMatches()) != 1 {
		t.Fatalf("found %v, %v, want the trace", found, err)
	}
	got, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: root.SpanContext().TraceID().String()})
	if err != nil || len(got.GetRoots()) != 1 || len(got.GetRoots()[0].GetChildren()) != 1 {
		t.Fatalf("got %v, %v, want a root with a child", got, err)
	}
	type view struct {
		Op, Description, Status, Transaction, Service, SDKName string
		DurationMS                                             float64
	}
	viewOf := func(s *tracesv1.Span) view {
		return view{s.GetOp(), s.GetDescription(), s.GetStatus(), s.GetTransaction(), s.GetService(), s.GetSdkName(), s.GetDurationMs()}
	}
	want := []view{
		{"http.server", "GET /cart", "ok", "GET /cart", "checkout", "opentelemetry.go", 20},
		{"db", "SELECT", "unknown", "GET /cart", "checkout", "opentelemetry.go", 10},
	}
	child := got.GetRoots()[0].GetChildren()[0].GetSpan()
	if diff := cmp.Diff(want, []view{viewOf(got.GetRoots()[0].GetSpan()), viewOf(child)}); diff != "" {
		t.Error(diff)
	}
	attributes := child.GetAttributes().AsMap()
	wantAttributes := map[string]any{
		"db.system.name": "postgresql", "ids": []any{1.0, 2.0}, "sentry.status.message": "no such table",
		"instrumentation.name": "shop", "resource.service.name": "checkout", "resource.telemetry.sdk.name": "opentelemetry",
		"resource.telemetry.sdk.language": "go",
	}
	if diff := cmp.Diff(wantAttributes, attributes); diff != "" {
		t.Error(diff)
	}
	wantRest := &tracesv1.Span{
		Events: []*tracesv1.SpanEvent{{
			Time: timestamppb.New(start.Add(5 * time.Millisecond)), Name: "exception", Attributes: structOf(t, map[string]any{"exception.type": "NoTable"}),
		}},
		Links: []*tracesv1.SpanLink{{
			TraceId: hexTrace('l'), SpanId: elsewhere.SpanID().String(), Sampled: true, Attributes: structOf(t, map[string]any{"n": 1}),
		}},
	}
	if diff := cmp.Diff(wantRest, &tracesv1.Span{Events: child.GetEvents(), Links: child.GetLinks()}, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func structOf(t *testing.T, fields map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

package server_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// traceID and spanID make ids of which a test needs to know no more than a letter.
func traceID(letter byte) []byte { return []byte(strings.Repeat(string(letter), 16)) }
func spanID(letter byte) []byte  { return []byte(strings.Repeat(string(letter), 8)) }

func hexTrace(letter byte) string { return fmt.Sprintf("%x", traceID(letter)) }

// span makes a span that starts so many seconds before now and takes a second, changed as the test wants it.
func span(trace, id byte, secondsAgo int, changes ...func(*tracev1.Span)) *tracev1.Span {
	start := now.Add(-time.Duration(secondsAgo) * time.Second)
	s := &tracev1.Span{
		TraceId: traceID(trace), SpanId: spanID(id), Name: "span " + string(id),
		StartTimeUnixNano: uint64(start.UnixNano()), EndTimeUnixNano: uint64(start.Add(time.Second).UnixNano()),
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

func below(parent byte) func(*tracev1.Span) {
	return func(s *tracev1.Span) { s.ParentSpanId = spanID(parent) }
}

func lasting(d time.Duration) func(*tracev1.Span) {
	return func(s *tracev1.Span) { s.EndTimeUnixNano = s.GetStartTimeUnixNano() + uint64(d) }
}

func with(key string, value any) func(*tracev1.Span) {
	return func(s *tracev1.Span) { s.Attributes = append(s.Attributes, keyValue(key, value)) }
}

func keyValue(key string, value any) *commonv1.KeyValue {
	v := &commonv1.AnyValue{}
	switch value := value.(type) {
	case string:
		v.Value = &commonv1.AnyValue_StringValue{StringValue: value}
	case int:
		v.Value = &commonv1.AnyValue_IntValue{IntValue: int64(value)}
	case float64:
		v.Value = &commonv1.AnyValue_DoubleValue{DoubleValue: value}
	case bool:
		v.Value = &commonv1.AnyValue_BoolValue{BoolValue: value}
	case []any:
		list := &commonv1.ArrayValue{}
		for _, item := range value {
			list.Values = append(list.Values, keyValue("", item).GetValue())
		}
		v.Value = &commonv1.AnyValue_ArrayValue{ArrayValue: list}
	case map[string]any:
		list := &commonv1.KeyValueList{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			list.Values = append(list.Values, keyValue(name, value[name]))
		}
		v.Value = &commonv1.AnyValue_KvlistValue{KvlistValue: list}
	}
	return &commonv1.KeyValue{Key: key, Value: v}
}

// of makes a request with the spans of one project.
func of(project int, spans ...*tracev1.Span) *collectorv1.ExportTraceServiceRequest {
	return &collectorv1.ExportTraceServiceRequest{ResourceSpans: []*tracev1.ResourceSpans{group(project, spans...)}}
}

func group(project int, spans ...*tracev1.Span) *tracev1.ResourceSpans {
	return &tracev1.ResourceSpans{
		Resource: &resourcev1.Resource{Attributes: []*commonv1.KeyValue{
			keyValue("picket.project_id", project), keyValue("service.name", fmt.Sprintf("service-%d", project)),
			keyValue("deployment.environment.name", "production"),
		}},
		ScopeSpans: []*tracev1.ScopeSpans{{Spans: spans}},
	}
}

// export sends requests of which nothing may be rejected.
func (h *house) export(t *testing.T, requests ...*collectorv1.ExportTraceServiceRequest) {
	t.Helper()
	for _, req := range requests {
		resp, err := h.Export(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if rejected := resp.GetPartialSuccess().GetRejectedSpans(); rejected != 0 {
			t.Fatalf("%d spans were rejected: %s", rejected, resp.GetPartialSuccess().GetErrorMessage())
		}
	}
}

// scope is the first organization's last day and a little of the next.
func scope() *tracesv1.SpanScope {
	return &tracesv1.SpanScope{
		OrganizationId: 1,
		StartTime:      timestamppb.New(now.Add(-24 * time.Hour)),
		EndTime:        timestamppb.New(now.Add(time.Hour)),
	}
}

// match gives the letters of the traces that match, in order.
func (h *house) match(t *testing.T, req *tracesv1.MatchTracesRequest) string {
	t.Helper()
	resp, err := h.MatchTraces(t.Context(), req)
	if err != nil {
		t.Fatalf("%v: %v", req.GetQueries(), err)
	}
	return letters(t, resp)
}

func letters(t *testing.T, resp *tracesv1.MatchTracesResponse) string {
	t.Helper()
	var b strings.Builder
	for _, m := range resp.GetMatches() {
		var letter byte
		if _, err := fmt.Sscanf(m.GetTraceId()[:2], "%x", &letter); err != nil {
			t.Fatal(err)
		}
		b.WriteByte(letter)
	}
	return b.String()
}

func sorted(letters string) string {
	bytes := []byte(letters)
	slices.Sort(bytes)
	return string(bytes)
}

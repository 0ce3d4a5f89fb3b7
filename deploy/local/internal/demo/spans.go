package demo

import (
	"fmt"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	otlpv1 "go.opentelemetry.io/proto/otlp/trace/v1"
)

var kinds = map[string]otlpv1.Span_SpanKind{
	"server": otlpv1.Span_SPAN_KIND_SERVER, "client": otlpv1.Span_SPAN_KIND_CLIENT,
}

// exports gives the sample's spans, one request for each service of a trace, as the services themselves would send
// them.
func exports(anchor time.Time) ([]*collectorv1.ExportTraceServiceRequest, error) {
	entries, err := readSample[traceEntry](tracesSample)
	if err != nil {
		return nil, err
	}
	var requests []*collectorv1.ExportTraceServiceRequest
	for _, e := range entries {
		byService := map[string][]*otlpv1.Span{}
		var services []string
		for _, s := range e.Spans {
			if byService[s.Service] == nil {
				services = append(services, s.Service)
			}
			byService[s.Service] = append(byService[s.Service], s.otlp(anchor, e))
		}
		for _, service := range services {
			requests = append(requests, export(service, byService[service]))
		}
	}
	return requests, nil
}

func export(service string, spans []*otlpv1.Span) *collectorv1.ExportTraceServiceRequest {
	return &collectorv1.ExportTraceServiceRequest{ResourceSpans: []*otlpv1.ResourceSpans{{
		Resource: &resourcev1.Resource{Attributes: []*commonv1.KeyValue{
			attribute("service.name", service), attribute("deployment.environment.name", "production"),
		}},
		ScopeSpans: []*otlpv1.ScopeSpans{{Spans: spans}},
	}}}
}

func (s spanEntry) otlp(anchor time.Time, e traceEntry) *otlpv1.Span {
	start := anchor.Add(time.Duration(e.At)).Add(time.Duration(s.StartMS) * time.Millisecond)
	span := &otlpv1.Span{
		TraceId: traceID(anchor, e.Trace), SpanId: spanID(anchor, e.Trace, s.ID), Name: s.Name, Kind: kinds[s.Kind],
		StartTimeUnixNano: uint64(start.UnixNano()),
		EndTimeUnixNano:   uint64(start.Add(time.Duration(s.DurationMS) * time.Millisecond).UnixNano()),
		Status:            &otlpv1.Status{},
	}
	if s.Parent != "" {
		span.ParentSpanId = spanID(anchor, e.Trace, s.Parent)
	}
	for name, value := range s.Attributes {
		span.Attributes = append(span.Attributes, attribute(name, value))
	}
	if s.Error != "" {
		span.Status = &otlpv1.Status{Code: otlpv1.Status_STATUS_CODE_ERROR, Message: s.Error}
	}
	return span
}

func attribute(name string, value any) *commonv1.KeyValue {
	attribute := &commonv1.KeyValue{Key: name, Value: &commonv1.AnyValue{}}
	switch value := value.(type) {
	case float64: // as JSON has it
		attribute.Value.Value = &commonv1.AnyValue_IntValue{IntValue: int64(value)}
	default:
		attribute.Value.Value = &commonv1.AnyValue_StringValue{StringValue: fmt.Sprint(value)}
	}
	return attribute
}

func traceID(anchor time.Time, trace string) []byte {
	id := stableID(anchor, "trace "+trace, 0)
	return id[:]
}

func spanID(anchor time.Time, trace, span string) []byte {
	id := stableID(anchor, "span "+trace+" "+span, 0)
	return id[:8]
}

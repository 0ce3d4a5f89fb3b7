package otlp

import (
	"iter"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

func countSpans(group *tracev1.ResourceSpans) int64 {
	spans := 0
	for _, scope := range group.GetScopeSpans() {
		spans += len(scope.GetSpans())
	}
	return int64(spans)
}

func receivedSpans(group *tracev1.ResourceSpans, resource map[string]any) iter.Seq[traces.Received] {
	return func(yield func(traces.Received) bool) {
		for _, scope := range group.GetScopeSpans() {
			scopeAttributes := attributes(scope.GetScope().GetAttributes())
			for _, span := range scope.GetSpans() {
				r := received(span)
				r.Resource, r.Scope = resource, scopeAttributes
				r.ScopeName, r.ScopeVersion = scope.GetScope().GetName(), scope.GetScope().GetVersion()
				if !yield(r) {
					return
				}
			}
		}
	}
}

func received(span *tracev1.Span) traces.Received {
	r := traces.Received{
		TraceID: span.GetTraceId(), SpanID: span.GetSpanId(), ParentID: span.GetParentSpanId(),
		TraceState: span.GetTraceState(), Flags: span.GetFlags(), Name: span.GetName(), Kind: traces.Kind(span.GetKind()),
		StartNanos: span.GetStartTimeUnixNano(), EndNanos: span.GetEndTimeUnixNano(),
		Failed:        span.GetStatus().GetCode() == tracev1.Status_STATUS_CODE_ERROR,
		StatusMessage: span.GetStatus().GetMessage(), Attributes: attributes(span.GetAttributes()),
	}
	for _, event := range span.GetEvents() {
		r.Events = append(r.Events, traces.Event{
			TimeNanos: int64(event.GetTimeUnixNano()), Name: event.GetName(), Attributes: attributes(event.GetAttributes()),
		})
	}
	for _, link := range span.GetLinks() {
		r.Links = append(r.Links, traces.ReceivedLink{
			TraceID: link.GetTraceId(), SpanID: link.GetSpanId(), Flags: link.GetFlags(), Attributes: attributes(link.GetAttributes()),
		})
	}
	return r
}

// attributes keeps the first of several values of one key.
func attributes(pairs []*commonv1.KeyValue) map[string]any {
	values := make(map[string]any, len(pairs))
	for _, pair := range pairs {
		if _, taken := values[pair.GetKey()]; !taken {
			values[pair.GetKey()] = value(pair.GetValue())
		}
	}
	return values
}

func value(v *commonv1.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonv1.AnyValue_StringValue:
		return v.StringValue
	case *commonv1.AnyValue_BoolValue:
		return v.BoolValue
	case *commonv1.AnyValue_IntValue:
		return v.IntValue
	case *commonv1.AnyValue_DoubleValue:
		return v.DoubleValue
	case *commonv1.AnyValue_BytesValue:
		return v.BytesValue
	case *commonv1.AnyValue_ArrayValue:
		items := make([]any, len(v.ArrayValue.GetValues()))
		for i, item := range v.ArrayValue.GetValues() {
			items[i] = value(item)
		}
		return items
	case *commonv1.AnyValue_KvlistValue:
		return attributes(v.KvlistValue.GetValues())
	}
	return nil
}

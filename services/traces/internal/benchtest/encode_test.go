package main

import (
	"testing"
	"time"

	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

func BenchmarkEncode(b *testing.B) {
	g := newGenerator(1, time.Now(), time.Millisecond)
	req := g.call()
	var spans []traces.Span
	for _, group := range req.GetResourceSpans() {
		for _, s := range group.GetScopeSpans()[0].GetSpans() {
			attributes := traces.Attributes{"resource.service.name": group.GetResource().GetAttributes()[0].GetValue().GetStringValue()}
			for key, value := range attributesOf(s) {
				attributes[key] = value
			}
			spans = append(spans, traces.Span{
				OrganizationID: 1, ProjectID: 1, TraceID: traces.TraceID(s.GetTraceId()), SpanID: traces.SpanID(s.GetSpanId()), Op: s.GetName(), Name: s.GetName(),
				StartNanos: int64(s.GetStartTimeUnixNano()), EndNanos: int64(s.GetEndTimeUnixNano()), Attributes: attributes,
			})
		}
	}
	for b.Loop() {
		if _, err := block.Encode(spans); err != nil {
			b.Fatal(err)
		}
	}
}

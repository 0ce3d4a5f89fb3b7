package main

import (
	"testing"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/traces/internal/block"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

func callSpans(b *testing.B) []traces.Span {
	b.Helper()
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
	return spans
}

func BenchmarkEncode(b *testing.B) {
	spans := callSpans(b)
	for b.Loop() {
		if _, err := block.Encode(spans); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMatch reads a block for one attribute and one service, as a search does that finds little.
func BenchmarkMatch(b *testing.B) {
	spans := callSpans(b)
	encoded, err := block.Encode(spans)
	if err != nil {
		b.Fatal(err)
	}
	tree, err := searchquery.Parse("service.name:service-1 key-5:value-7", fields.Spans())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r := block.NewReader(1, 1, len(spans), encoded.Sections)
		r.Match(block.Query{Tree: tree})
		if r.Err() != nil {
			b.Fatal(r.Err())
		}
	}
}

// BenchmarkRead reads the spans of one trace.
func BenchmarkRead(b *testing.B) {
	spans := callSpans(b)
	encoded, err := block.Encode(spans)
	if err != nil {
		b.Fatal(err)
	}
	places := []int{100, 101, 102, 103, 104, 105, 106, 107, 108, 109}
	for b.Loop() {
		if _, err := block.NewReader(1, 1, len(spans), encoded.Sections).Spans(places); err != nil {
			b.Fatal(err)
		}
	}
}

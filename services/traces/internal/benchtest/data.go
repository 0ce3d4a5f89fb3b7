package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
)

// The shape of the data: ten spans a trace, each of another service, with eleven of 97 attributes, whose values are
// uniform over a thousand.
const (
	spansPerTrace = 10
	services      = 10
	ops           = 20
	keys          = 97
	values        = 1000
	attributes    = 11
	failures      = 100 // one of so many spans failed
	page          = 101 // traces, with the one that tells of a next page
)

// generator makes the same data for the same seed.
type generator struct {
	random *rand.Rand
	start  time.Time
	step   time.Duration // between traces
	traces int
}

func newGenerator(seed uint64, start time.Time, step time.Duration) *generator {
	return &generator{random: rand.New(rand.NewPCG(seed, 0)), start: start, step: step}
}

func traceID(number int) []byte {
	id := binary.BigEndian.AppendUint64(nil, uint64(number)*0x9E3779B97F4A7C15)
	return binary.BigEndian.AppendUint64(id, uint64(number)*0xC2B2AE3D27D4EB4F+1)
}

// call is what a collector sends: some whole traces, by service.
func (g *generator) call() *collectorv1.ExportTraceServiceRequest {
	req := &collectorv1.ExportTraceServiceRequest{}
	for service := range services {
		req.ResourceSpans = append(req.ResourceSpans, &tracev1.ResourceSpans{
			Resource: &resourcev1.Resource{Attributes: []*commonv1.KeyValue{
				text("service.name", fmt.Sprintf("service-%d", service)),
			}},
			ScopeSpans: []*tracev1.ScopeSpans{{}},
		})
	}
	for range *callTraces {
		g.trace(req)
	}
	return req
}

func (g *generator) trace(req *collectorv1.ExportTraceServiceRequest) {
	id := traceID(g.traces)
	at := g.start.Add(time.Duration(g.traces) * g.step)
	g.traces++
	var ids [spansPerTrace][]byte
	for i := range spansPerTrace {
		ids[i] = binary.BigEndian.AppendUint64(nil, g.random.Uint64()|1)
		duration := time.Duration(math.Exp(g.random.NormFloat64()*1.5+3) * float64(time.Millisecond))
		span := &tracev1.Span{
			TraceId: id, SpanId: ids[i], Name: fmt.Sprintf("op-%d", g.random.IntN(ops)),
			StartTimeUnixNano: uint64(at.UnixNano()), EndTimeUnixNano: uint64(at.Add(duration).UnixNano()),
			Flags: 0x100,
		}
		if g.random.IntN(failures) == 0 {
			span.Status = &tracev1.Status{Code: tracev1.Status_STATUS_CODE_ERROR}
		}
		span.Attributes = append(span.Attributes, text("sentry.op", span.GetName()))
		if i > 0 {
			span.ParentSpanId = ids[g.random.IntN(i)]
		}
		for _, key := range g.random.Perm(keys)[:attributes-1] {
			span.Attributes = append(span.Attributes, text(fmt.Sprintf("key-%d", key), fmt.Sprintf("value-%d", g.random.IntN(values))))
		}
		at = at.Add(time.Duration(g.random.IntN(2000)) * time.Microsecond)
		group := req.GetResourceSpans()[g.random.IntN(services)].GetScopeSpans()[0]
		group.Spans = append(group.Spans, span)
	}
}

func text(key, value string) *commonv1.KeyValue {
	return &commonv1.KeyValue{Key: key, Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: value}}}
}

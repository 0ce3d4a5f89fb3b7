package traces

import (
	"encoding/hex"
	"math"
	"strconv"
)

// Bits of the flags of a span: whether the sender knows that its parent is in another process, and the answer.
const (
	flagSampled        = 0x001
	flagRemoteIsKnown  = 0x100
	flagParentIsRemote = 0x200
)

// Interpret says what a received span means. A span that is refused has no meaning.
func Interpret(r *Received, accepted Window) (Span, Refusal) {
	if reason := refuse(r, accepted); reason != Accepted {
		return Span{}, reason
	}
	span := Span{
		TraceID: TraceID(r.TraceID), SpanID: SpanID(r.SpanID),
		Name: cut(r.Name, MaxNameBytes), Kind: r.Kind, Op: opOf(r), Description: cut(descriptionOf(r), MaxTextBytes),
		Status: statusOf(r), Service: cut(r.anyText("service.name"), MaxNameBytes),
		Environment: cut(r.anyText("sentry.environment", "deployment.environment.name", "deployment.environment"), MaxNameBytes),
		Release:     cut(r.anyText("sentry.release", "service.version"), MaxNameBytes),
		User:        cut(userOf(r), MaxNameBytes), SDKName: cut(sdkNameOf(r), MaxNameBytes),
		StartNanos: int64(r.StartNanos), EndNanos: int64(r.EndNanos),
		Attributes: attributesOf(r), Events: eventsOf(r), Links: linksOf(r),
	}
	if len(r.ParentID) != 0 {
		span.ParentID = SpanID(r.ParentID)
	}
	span.Category = categoryOf(r, span.Op)
	span.SelfNanos = selfNanosOf(r, span.DurationNanos())
	span.Transaction = cut(r.text("sentry.transaction"), MaxNameBytes)
	span.SegmentID, span.IsSegment = segmentOf(r, &span)
	if span.IsSegment {
		span.Transaction = cut(transactionOf(r), MaxNameBytes)
	}
	return span, Accepted
}

// segmentOf tells whether a span is the first of its service's part of the trace. It looks at nothing but the
// span, so that the same span means the same in every batch.
func segmentOf(r *Received, span *Span) (SpanID, bool) {
	if id, ok := ParseSpanID(r.text("sentry.segment.id")); ok && !id.IsZero() {
		return id, id == span.SpanID
	}
	first := span.ParentID.IsZero()
	if !first && r.Flags&flagRemoteIsKnown != 0 {
		first = r.Flags&flagParentIsRemote != 0
	} else if !first {
		first = r.Kind == KindServer || r.Kind == KindConsumer
	}
	if first {
		return span.SpanID, true
	}
	return SpanID{}, false
}

func attributesOf(r *Received) Attributes {
	attributes := clean(r.Attributes)
	addClean(attributes, "resource.", r.Resource)
	addClean(attributes, "instrumentation.", r.Scope)
	for key, text := range map[string]string{
		"instrumentation.name":    r.ScopeName,
		"instrumentation.version": r.ScopeVersion,
		"sentry.status.message":   r.StatusMessage,
		"tracestate":              r.TraceState,
	} {
		if text != "" {
			addClean(attributes, "", map[string]any{key: text})
		}
	}
	return attributes
}

func eventsOf(r *Received) []Event {
	var events []Event
	for _, e := range r.Events {
		events = append(events, Event{TimeNanos: e.TimeNanos, Name: cut(e.Name, MaxNameBytes), Attributes: clean(e.Attributes)})
	}
	return events
}

func linksOf(r *Received) []Link {
	var links []Link
	for _, l := range r.Links {
		links = append(links, Link{
			TraceID: hex.EncodeToString(l.TraceID), SpanID: hex.EncodeToString(l.SpanID),
			Sampled: l.Flags&flagSampled != 0, Attributes: clean(l.Attributes),
		})
	}
	return links
}

// selfNanosOf takes the sender's word for the time that was not spent in children, within the span's duration.
func selfNanosOf(r *Received, duration int64) int64 {
	for _, key := range []struct {
		attribute string
		nanos     float64
	}{{"sentry.exclusive_time_nano", 1}, {"sentry.exclusive_time", 1e6}} {
		if f, ok := number(r.Attributes[key.attribute]); ok && f >= 0 {
			return int64(math.Min(math.Round(f*key.nanos), float64(duration)))
		}
	}
	return duration
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, !math.IsNaN(value)
	case string:
		f, err := strconv.ParseFloat(value, 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

package server

import (
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

func summary(c *store.Described, slices int64) *tracesv1.TraceSummary {
	startMS, endMS := c.StartNanos/1e6, c.EndNanos/1e6
	s := &tracesv1.TraceSummary{
		TraceId: c.TraceID.String(), SpanCount: c.Spans, MatchingSpanCount: c.Matching,
		StartTime: timeOf(c.StartNanos), EndTime: timeOf(c.EndNanos), DurationMs: endMS - startMS,
	}
	if naming, ok := traces.NamingSegment(c.Segments); ok {
		s.ProjectSlug, s.Name = naming.ProjectSlug, naming.Transaction
		s.RootDurationMs = milliseconds(naming.EndNanos - naming.StartNanos)
	}
	for _, interval := range traces.Breakdown(c.Segments, traces.Range{StartMS: startMS, EndMS: endMS, Slices: slices}) {
		s.Breakdown = append(s.Breakdown, intervalToProto(interval))
	}
	return s
}

func intervalToProto(interval traces.Interval) *tracesv1.BreakdownInterval {
	return &tracesv1.BreakdownInterval{
		ProjectSlug: interval.ProjectSlug, SdkName: interval.SDKName, StartMs: interval.StartMS, EndMs: interval.EndMS,
		SliceStart: int32(interval.SliceStart), SliceEnd: int32(interval.SliceEnd),
		SliceWidth: int32(interval.SliceEnd - interval.SliceStart),
		DurationMs: float64(interval.DurationMS), IsRoot: interval.IsRoot,
	}
}

// nodeToProto recurses; the tree is cut to a depth before.
func nodeToProto(node *traces.Node) *tracesv1.TraceNode {
	n := &tracesv1.TraceNode{Span: spanToProto(&node.Span)}
	for _, child := range node.Children {
		n.Children = append(n.Children, nodeToProto(child))
	}
	return n
}

func spanToProto(s *traces.Span) *tracesv1.Span {
	return &tracesv1.Span{
		ProjectId: s.ProjectID, TraceId: s.TraceID.String(), SpanId: s.SpanID.String(), ParentSpanId: s.ParentID.String(),
		SegmentId: s.SegmentID.String(), IsSegment: s.IsSegment, Name: s.Name, Op: s.Op, Description: s.Description,
		Category: s.Category, Status: s.Status.String(), Transaction: s.Transaction, Service: s.Service,
		Environment: s.Environment, Release: s.Release, User: s.User, SdkName: s.SDKName,
		StartTime: timeOf(s.StartNanos), EndTime: timeOf(s.EndNanos),
		DurationMs: milliseconds(s.DurationNanos()), SelfTimeMs: milliseconds(s.SelfNanos),
		Kind:       s.Kind.String(),
		Attributes: structOf(s.Attributes), Events: eventsToProto(s.Events), Links: linksToProto(s.Links),
	}
}

func eventsToProto(events []traces.Event) []*tracesv1.SpanEvent {
	var all []*tracesv1.SpanEvent
	for _, e := range events {
		all = append(all, &tracesv1.SpanEvent{Time: timeOf(e.TimeNanos), Name: e.Name, Attributes: structOf(e.Attributes)})
	}
	return all
}

func linksToProto(links []traces.Link) []*tracesv1.SpanLink {
	var all []*tracesv1.SpanLink
	for _, l := range links {
		all = append(all, &tracesv1.SpanLink{
			TraceId: l.TraceID, SpanId: l.SpanID, Sampled: l.Sampled, Attributes: structOf(l.Attributes),
		})
	}
	return all
}

func timeOf(nanos int64) *timestamppb.Timestamp { return timestamppb.New(time.Unix(0, nanos)) }

func milliseconds(nanos int64) float64 { return float64(nanos) / 1e6 }

func structOf(attributes traces.Attributes) *structpb.Struct {
	fields := make(map[string]*structpb.Value, len(attributes))
	for key, value := range attributes {
		fields[key] = valueOf(value)
	}
	return &structpb.Struct{Fields: fields}
}

// valueOf writes integers that a double cannot hold as text, as JSON of protobuf does.
func valueOf(value any) *structpb.Value {
	const exact = 1 << 53
	switch value := value.(type) {
	case string:
		return structpb.NewStringValue(value)
	case bool:
		return structpb.NewBoolValue(value)
	case int64:
		if value > exact || value < -exact {
			return structpb.NewStringValue(strconv.FormatInt(value, 10))
		}
		return structpb.NewNumberValue(float64(value))
	case float64:
		if math.IsInf(value, 0) || math.IsNaN(value) { // Struct does not have them
			return structpb.NewStringValue(strconv.FormatFloat(value, 'g', -1, 64))
		}
		return structpb.NewNumberValue(value)
	case []any:
		list := &structpb.ListValue{}
		for _, item := range value {
			list.Values = append(list.Values, valueOf(item))
		}
		return structpb.NewListValue(list)
	case map[string]any:
		return structpb.NewStructValue(structOf(value))
	}
	return structpb.NewNullValue()
}

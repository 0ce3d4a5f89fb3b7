package traces

type spanKey struct {
	projectID int64
	traceID   TraceID
	spanID    SpanID
}

// ResolveSegments gives spans whose segment is among the spans that came with them its id and transaction. A span
// whose parents came in another batch stays without; its place in the trace is known by its parent all the same.
func ResolveSegments(spans []Span) {
	byKey := make(map[spanKey]*Span, len(spans))
	for i := range spans {
		s := &spans[i]
		byKey[spanKey{s.ProjectID, s.TraceID, s.SpanID}] = s
	}
	for i := range spans {
		resolveSegment(&spans[i], byKey)
	}
}

// resolveSegment climbs to the nearest ancestor that knows its segment and tells everybody on the way. Loops end
// because no climb is longer than the number of spans.
func resolveSegment(s *Span, byKey map[spanKey]*Span) {
	var below []*Span
	for ; s != nil && s.SegmentID.IsZero() && len(below) <= len(byKey); s = byKey[spanKey{s.ProjectID, s.TraceID, s.ParentID}] {
		below = append(below, s)
	}
	if s == nil || s.SegmentID.IsZero() {
		return
	}
	for _, child := range below {
		child.SegmentID = s.SegmentID
		if child.Transaction == "" {
			child.Transaction = s.Transaction
		}
	}
}

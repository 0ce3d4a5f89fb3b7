package traces

// Segment is what naming and breakdown need of a segment span.
type Segment struct {
	ProjectID   int64
	ProjectSlug string
	SDKName     string
	Op          string
	Transaction string
	IsRoot      bool
	StartNanos  int64
	EndNanos    int64
}

// NamingSegment picks the segment that names a trace: the first root, else the first page load or navigation, else
// the first. The segments are sorted by start, then the later end first; false when there are none.
func NamingSegment(segments []Segment) (Segment, bool) {
	if len(segments) == 0 {
		return Segment{}, false
	}
	var fallback *Segment
	for i := range segments {
		s := &segments[i]
		if s.IsRoot {
			return *s, true
		}
		if fallback == nil && (s.Op == "pageload" || s.Op == "navigation") {
			fallback = s
		}
	}
	if fallback != nil {
		return *fallback, true
	}
	return segments[0], true
}

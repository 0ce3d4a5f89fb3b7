package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

func TestTheFirstSegmentsOfATraceAreDescribed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := traces.TraceID{1}
	var spans []traces.Span
	for i := range 5 {
		start := now.Add(-time.Duration(i) * time.Second).UnixNano()
		spans = append(spans, traces.Span{
			OrganizationID: 1, ProjectID: 1, TraceID: id, SpanID: traces.SpanID{byte(1 + i)}, IsSegment: i != 3, Transaction: string(rune('a' + i)),
			StartNanos: start, EndNanos: start + 1,
		})
	}
	insert(t, s, spans)
	scope := store.Scope{OrganizationID: 1, From: now.Add(-time.Hour), To: now.Add(time.Hour)}
	found, err := s.DescribeTraces(t.Context(), store.Describe{Scope: scope, TraceIDs: []traces.TraceID{id}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, segment := range found[id].Segments {
		names = append(names, segment.Transaction)
	}
	if diff := cmp.Diff([]string{"e", "c", "b"}, names); diff != "" || found[id].Spans != 5 {
		t.Errorf("%d spans with the segments (-want +got):\n%s", found[id].Spans, diff)
	}
}

package block

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// someSpans have every kind of value and id.
func someSpans(count int) []traces.Span {
	r := rand.New(rand.NewPCG(1, 2))
	spans := make([]traces.Span, count)
	for i := range spans {
		s := &spans[i]
		s.OrganizationID, s.ProjectID = 1, 2
		s.TraceID[15], s.TraceID[0] = byte(i/7), 1
		s.SpanID = traces.SpanID{byte(i), byte(i >> 8), 7}
		switch i % 4 {
		case 1:
			s.ParentID, s.SegmentID = spans[i-1].SpanID, spans[i-1].SpanID
		case 2:
			s.ParentID, s.SegmentID = traces.SpanID{9, 9, 9, byte(i)}, traces.SpanID{8}
		}
		s.IsSegment = i%4 == 0
		s.Kind, s.Status = traces.Kind(i%6), traces.Status(i%17)
		s.StartNanos = 1_700_000_000_000_000_000 - r.Int64N(1e12)
		s.EndNanos = s.StartNanos + r.Int64N(1e10)
		s.SelfNanos = s.DurationNanos() / int64(1+i%2)
		s.Name, s.Op, s.Service = fmt.Sprint("name ", i), "db", fmt.Sprint("service ", i%200)
		s.Attributes = traces.Attributes{
			"same": "always", "text": fmt.Sprint("value ", i%30), "empty": "", "int": int64(i) - 5, "large": int64(math.MaxInt64 - 1),
			"float": float64(i) / 3, "flag": i%2 == 0, "nothing": nil, "list": []any{"a", int64(1), 2.5, map[string]any{"b": true}},
		}
		if i%3 == 0 {
			s.Attributes[fmt.Sprint("key ", i)] = "rare"
		}
		if i%10 == 0 {
			s.Events = []traces.Event{{TimeNanos: 5, Name: "exception", Attributes: traces.Attributes{"n": int64(math.MaxInt64)}}}
			s.Links = []traces.Link{{TraceID: "ab", SpanID: "cd", Sampled: true, Attributes: traces.Attributes{}}}
		}
	}
	return spans
}

func TestABlockGivesBackTheSpansThatWentIn(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 2, 300, MaxSpans} {
		spans := someSpans(count)
		b, err := Encode(spans)
		if err != nil {
			t.Fatal(err)
		}
		places := make([]int, count)
		for i := range places {
			places[i] = i
		}
		got, err := NewReader(1, 2, count, b.Sections).Spans(places)
		if err != nil {
			t.Fatal(err)
		}
		byID := map[traces.SpanID]traces.Span{}
		for _, s := range got {
			byID[s.SpanID] = s
		}
		for _, want := range spans {
			for i := range want.Links {
				want.Links[i].Attributes = nil // as JSON leaves it out
			}
			if diff := cmp.Diff(want, byID[want.SpanID]); diff != "" {
				t.Fatalf("of %d: %s", count, diff)
			}
		}
	}
}

func TestTheSameSpansInAnyOrderAreTheSameBlock(t *testing.T) {
	t.Parallel()
	spans := someSpans(200)
	a, err := Encode(spans)
	if err != nil {
		t.Fatal(err)
	}
	rand.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	b, err := Encode(spans)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

func TestACorruptBlockIsAnError(t *testing.T) {
	t.Parallel()
	b, err := Encode(someSpans(50))
	if err != nil {
		t.Fatal(err)
	}
	for i, section := range []*[]byte{&b.Traces, &b.Sections.Spans, &b.Times, &b.Words, &b.Attributes} {
		whole := *section
		content, err := decompress(whole)
		if err != nil {
			t.Fatal(err)
		}
		for _, broken := range [][]byte{{}, whole[:len(whole)/2], compress(content[:len(content)/2]), compress(content[:len(content)-1])} {
			*section = broken
			if _, err := NewReader(1, 2, 50, b.Sections).Spans([]int{0, 49}); err == nil {
				t.Errorf("section %d: cut to %d bytes is not noticed", i, len(broken))
			}
		}
		*section = whole
	}
}

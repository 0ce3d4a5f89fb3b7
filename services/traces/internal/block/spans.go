package block

import (
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Spans gives the spans of some places of the block, which must not repeat.
func (r *Reader) Spans(places []int) ([]traces.Span, error) {
	spans := make([]traces.Span, len(places))
	at := make(map[int]int, len(places))
	for i, place := range places {
		at[place] = i
		spans[i] = r.span(place)
	}
	r.EachTrace(func(id traces.TraceID, from, to int) {
		for place := from; place < to; place++ {
			if i, wanted := at[place]; wanted {
				spans[i].TraceID = id
			}
		}
	})
	r.fillAttributes(spans, at)
	if r.sections.Rest != nil {
		s := r.open(r.sections.Rest)
		for _, rest := range decodeRest(s, func(place int) bool { _, wanted := at[place]; return wanted }) {
			spans[at[rest.Span]].Events, spans[at[rest.Span]].Links = rest.Events, rest.Links
		}
		r.close(s)
	}
	return spans, r.err
}

func (r *Reader) span(place int) traces.Span {
	ids, times := r.readIDs(), r.readTimes()
	s := traces.Span{
		OrganizationID: r.OrganizationID, ProjectID: r.ProjectID,
		SpanID: ids.own[place], ParentID: ids.parents[place], SegmentID: ids.segments[place],
		StartNanos: times.starts[place], EndNanos: times.ends[place], SelfNanos: times.selves[place],
		Kind: traces.Kind(r.small(smallKind)[place]), Status: traces.Status(r.small(smallStatus)[place]),
		IsSegment: r.small(smallIsSegment)[place] == 1, Attributes: traces.Attributes{},
	}
	for w := range words {
		*w.of(&s) = r.word(w).at(place)
	}
	return s
}

func (r *Reader) fillAttributes(spans []traces.Span, at map[int]int) {
	c := r.readAttributes()
	for key := range c.keys {
		name, column := string(c.name(key)), r.attributeAt(key)
		for j, span := range column.spans {
			i, wanted := at[int(span)]
			if !wanted {
				continue
			}
			read, err := c.value(column.values[j]).any()
			if err != nil && r.err == nil {
				r.err = err
			}
			spans[i].Attributes[name] = read
		}
	}
}

// Segment is what is told of a span that is one.
func (r *Reader) Segment(place int) (s traces.Segment, is bool) {
	if r.small(smallIsSegment)[place] == 0 {
		return s, false
	}
	return traces.Segment{
		ProjectID: r.ProjectID, SDKName: r.word(wordSDK).at(place), Op: r.word(wordOp).at(place),
		Transaction: r.word(wordTransaction).at(place), IsRoot: r.readIDs().parents[place].IsZero(),
		StartNanos: r.Start(place), EndNanos: r.End(place),
	}, true
}

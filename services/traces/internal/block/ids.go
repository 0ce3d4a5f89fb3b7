package block

import (
	"encoding/binary"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// run is the spans of one trace, which stand together.
type run struct {
	traceID traces.TraceID
	spans   int
}

func encodeTraces(spans []traces.Span) []byte {
	var runs []run
	for i := range spans {
		if len(runs) == 0 || runs[len(runs)-1].traceID != spans[i].TraceID {
			runs = append(runs, run{traceID: spans[i].TraceID})
		}
		runs[len(runs)-1].spans++
	}
	content := binary.AppendUvarint(nil, uint64(len(runs)))
	for _, r := range runs {
		content = append(content, r.traceID[:]...)
	}
	for _, r := range runs {
		content = binary.AppendUvarint(content, uint64(r.spans))
	}
	return content
}

func decodeTraces(s *source) []run {
	runs := make([]run, s.count())
	for i := range runs {
		copy(runs[i].traceID[:], s.take(len(runs[i].traceID)))
	}
	for i := range runs {
		runs[i].spans = int(s.uvarint())
	}
	return runs
}

// How a span names another one: not at all, by its id, or, from inBlock on, by its place in the block.
const (
	noSpan = iota
	byID
	inBlock
)

// spanIDs are the identities of the spans of a block.
type spanIDs struct{ own, parents, segments []traces.SpanID }

func encodeSpans(spans []traces.Span) []byte {
	content := make([]byte, 0, 12*len(spans))
	places := make(map[traces.SpanID]int, len(spans))
	for i := range spans {
		content = append(content, spans[i].SpanID[:]...)
		places[spans[i].SpanID] = i
	}
	name := func(id traces.SpanID) {
		place, known := places[id]
		switch {
		case id.IsZero():
			content = append(content, noSpan)
		case known:
			content = binary.AppendUvarint(content, inBlock+uint64(place))
		default:
			content = append(append(content, byID), id[:]...)
		}
	}
	for i := range spans {
		name(spans[i].ParentID)
	}
	for i := range spans {
		name(spans[i].SegmentID)
	}
	return content
}

func decodeSpans(s *source, spans int) spanIDs {
	ids := spanIDs{make([]traces.SpanID, spans), make([]traces.SpanID, spans), make([]traces.SpanID, spans)}
	for i := range ids.own {
		copy(ids.own[i][:], s.take(len(traces.SpanID{})))
	}
	for _, column := range [][]traces.SpanID{ids.parents, ids.segments} {
		for i := range column {
			switch name := s.uvarint(); {
			case name == noSpan:
			case name == byID:
				copy(column[i][:], s.take(len(traces.SpanID{})))
			case name-inBlock < uint64(spans):
				column[i] = ids.own[name-inBlock]
			default:
				s.fail()
			}
		}
	}
	return ids
}

// times are nanoseconds.
type times struct{ starts, ends, selves []int64 }

func encodeTimes(spans []traces.Span) []byte {
	content := make([]byte, 0, 12*len(spans))
	last := int64(0)
	for i := range spans {
		content = binary.AppendVarint(content, spans[i].StartNanos-last)
		last = spans[i].StartNanos
	}
	for i := range spans {
		content = binary.AppendUvarint(content, uint64(spans[i].DurationNanos()))
	}
	for i := range spans {
		content = binary.AppendVarint(content, spans[i].DurationNanos()-spans[i].SelfNanos)
	}
	return content
}

func decodeTimes(s *source, spans int) times {
	t := times{make([]int64, spans), make([]int64, spans), make([]int64, spans)}
	last := int64(0)
	for i := range t.starts {
		last += s.varint()
		t.starts[i] = last
	}
	for i := range t.ends {
		t.ends[i] = t.starts[i] + int64(s.uvarint())
	}
	for i := range t.selves {
		t.selves[i] = t.ends[i] - t.starts[i] - s.varint()
	}
	return t
}

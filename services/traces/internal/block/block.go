// Package block is the form in which spans are stored: up to MaxSpans spans of one project, column by column, in
// sections that are compressed and read each by itself. It says which spans of a block satisfy a query, and by which
// tokens the blocks are found that may have such spans.
package block

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// MaxSpans is how many spans a block has at most. Larger blocks are smaller per span, but of a rare value more is read
// that nobody asked for.
const MaxSpans = 1024

// Sections are the columns of a block. A search reads those that it needs.
type Sections struct {
	Traces     []byte // which spans are of which trace
	Spans      []byte // span ids, and which other spans they name
	Times      []byte
	Words      []byte // the fields of traces.Span that are texts or small numbers
	Attributes []byte
	Rest       []byte // events and links; nil when no span has any
}

// Block is an encoded block and what it is found by.
type Block struct {
	Sections
	Spans       int
	OldestNanos int64 // earliest end
	NewestNanos int64 // latest end
	Longest     int64 // nanoseconds
	TraceTokens []int32
	Filter      []byte // of the tokens of everything else that is looked for as a whole
}

// Encode makes a block of spans of one project. Their order is lost.
func Encode(spans []traces.Span) (Block, error) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b traces.Span) int {
		return cmp.Or(bytes.Compare(a.TraceID[:], b.TraceID[:]), cmp.Compare(a.StartNanos, b.StartNanos), bytes.Compare(a.SpanID[:], b.SpanID[:]))
	})
	attributes, err := encodeAttributes(spans)
	if err != nil {
		return Block{}, err
	}
	rest, err := encodeRest(spans)
	if err != nil {
		return Block{}, err
	}
	b := Block{
		Sections: Sections{
			Traces: compress(encodeTraces(spans)), Spans: compress(encodeSpans(spans)), Times: compress(encodeTimes(spans)),
			Words: compress(encodeWords(spans)), Attributes: compress(attributes), Rest: compress(rest),
		},
		Spans: len(spans), OldestNanos: spans[0].EndNanos, NewestNanos: spans[0].EndNanos,
		TraceTokens: traceTokensOf(spans), Filter: filterOf(tokensOf(spans)),
	}
	for i := range spans {
		s := &spans[i]
		b.OldestNanos, b.NewestNanos = min(b.OldestNanos, s.EndNanos), max(b.NewestNanos, s.EndNanos)
		b.Longest = max(b.Longest, s.DurationNanos())
	}
	return b, nil
}

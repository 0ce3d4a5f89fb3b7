package block

import (
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Reader reads a stored block, each section when it is first needed. It remembers the first error.
type Reader struct {
	OrganizationID int64
	ProjectID      int64

	count      int
	sections   Sections
	runs       []run
	ids        *spanIDs
	times      *times
	words      *wordColumns
	attributes *attributeColumns
	err        error
}

// NewReader reads a block of so many spans. Sections that will not be needed may be left out.
func NewReader(organizationID, projectID int64, spans int, sections Sections) *Reader {
	return &Reader{OrganizationID: organizationID, ProjectID: projectID, count: spans, sections: sections}
}

// Err is the first error of any call before. What they gave then is worth nothing.
func (r *Reader) Err() error { return r.err }

// Len is the number of spans.
func (r *Reader) Len() int { return r.count }

func (r *Reader) open(section []byte) *source {
	content, err := decompress(section)
	return &source{content: content, err: err}
}

func (r *Reader) close(s *source) {
	if r.err == nil {
		r.err = s.err
	}
}

// EachTrace calls visit with each trace and where its spans begin and end.
func (r *Reader) EachTrace(visit func(id traces.TraceID, from, to int)) {
	if r.runs == nil {
		s := r.open(r.sections.Traces)
		r.runs = decodeTraces(s)
		r.close(s)
	}
	from := 0
	for _, run := range r.runs {
		to := from + run.spans
		if to > r.count {
			r.err = errCorrupt
			return
		}
		visit(run.traceID, from, to)
		from = to
	}
}

// Start and End are in nanoseconds.
func (r *Reader) Start(span int) int64 { return r.readTimes().starts[span] }

// End is when a span ended.
func (r *Reader) End(span int) int64 { return r.readTimes().ends[span] }

// SpanID is the id of a span.
func (r *Reader) SpanID(span int) traces.SpanID { return r.readIDs().own[span] }

// ParentID is the id of the span that a span is below, if any.
func (r *Reader) ParentID(span int) traces.SpanID { return r.readIDs().parents[span] }

// Environment is that of a span.
func (r *Reader) Environment(span int) string { return r.word(wordEnvironment).at(span) }

func (r *Reader) readTimes() *times {
	if r.times == nil {
		s := r.open(r.sections.Times)
		t := decodeTimes(s, r.count)
		r.times = &t
		r.close(s)
	}
	return r.times
}

func (r *Reader) readIDs() *spanIDs {
	if r.ids == nil {
		s := r.open(r.sections.Spans)
		ids := decodeSpans(s, r.count)
		r.ids = &ids
		r.close(s)
	}
	return r.ids
}

func (r *Reader) readWords() *wordColumns {
	if r.words == nil {
		s := r.open(r.sections.Words)
		c := decodeWords(s, r.count)
		r.words = &c
		r.close(s)
		for f := range smalls {
			if len(c.smalls[f]) != r.count {
				c.smalls[f] = make([]byte, r.count)
			}
		}
	}
	return r.words
}

func (r *Reader) small(f small) []byte { return r.readWords().smalls[f] }

func (r *Reader) word(w word) *dictionary {
	c := r.readWords()
	if c.read[w] == nil {
		s := &source{content: c.raw[w]}
		c.read[w] = decodeWord(s, r.count)
		r.close(s)
		if len(c.read[w].values) == 0 {
			r.err = errCorrupt
			c.read[w] = &dictionary{values: []string{""}}
		}
	}
	return c.read[w]
}

func (r *Reader) readAttributes() *attributeColumns {
	if r.attributes == nil {
		s := r.open(r.sections.Attributes)
		c := decodeAttributes(s)
		r.attributes = &c
		r.close(s)
	}
	return r.attributes
}

// attribute gives the column of a key, which is empty when no span has it.
func (r *Reader) attribute(key string) attributeColumn {
	place, ok := r.readAttributes().find(key)
	if !ok {
		return attributeColumn{}
	}
	return r.attributeAt(place)
}

func (r *Reader) attributeAt(key int) attributeColumn {
	c := r.readAttributes()
	s := &source{content: c.keys[key].column.of(c.content)}
	column := c.column(s, r.count)
	r.close(s)
	return column
}

package block

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Field names what is read of spans: a field of the query language or, as a tag, an attribute.
type Field struct {
	Key string
	Tag bool
}

func (f Field) filter() *searchquery.Filter { return &searchquery.Filter{Key: f.Key, Tag: f.Tag} }

// WithField adds the sections that a field is in.
func (n Needed) WithField(f Field) Needed {
	n.addFilter(f.filter())
	return n
}

// Numbers gives the number that each span has in a field, if any.
func (r *Reader) Numbers(f Field) func(span int) (n float64, ok bool) {
	if number, is := numberFields[f.Key]; is && !f.Tag {
		times := r.readTimes()
		return func(i int) (float64, bool) { return number(times, i), true }
	}
	first := r.firstValues(candidates(f.filter()), true)
	return func(i int) (float64, bool) { return first[i].number() }
}

// Texts gives what each span has in a field, as a text; the empty text stands for nothing.
func (r *Reader) Texts(f Field) func(span int) string {
	if !f.Tag {
		if texts := r.builtInTexts(f.Key); texts != nil {
			return texts
		}
	}
	first := r.firstValues(candidates(f.filter()), false)
	return func(i int) string { return first[i].text() }
}

// Values gives what each span has in a field, as traces.Attributes has values; nil when it has nothing.
func (r *Reader) Values(f Field) func(span int) (any, error) {
	if f.Tag {
		return r.attributeValues(f)
	}
	if number, is := numberFields[f.Key]; is {
		times := r.readTimes()
		return func(i int) (any, error) { return number(times, i), nil }
	}
	switch f.Key {
	case "is_transaction":
		return func(i int) (any, error) { return r.small(smallIsSegment)[i] == 1, nil }
	case "timestamp":
		return func(i int) (any, error) { return time.UnixMicro(r.End(i) / 1000).UTC().Format(time.RFC3339Nano), nil }
	}
	texts := r.builtInTexts(f.Key)
	if texts == nil {
		return r.attributeValues(f)
	}
	return func(i int) (any, error) {
		if text := texts(i); text != "" {
			return text, nil
		}
		return nil, nil
	}
}

func (r *Reader) attributeValues(f Field) func(span int) (any, error) {
	first := r.firstValues(candidates(f.filter()), false)
	return func(i int) (any, error) { return first[i].any() }
}

func (r *Reader) builtInTexts(key string) func(span int) string {
	if w, is := wordFields[key]; is {
		return r.word(w).at
	}
	if ids, is := idFields[key]; is {
		column := ids(r.readIDs())
		return func(i int) string { return column[i].String() }
	}
	if number, is := numberFields[key]; is {
		times := r.readTimes()
		return func(i int) string { return strconv.FormatFloat(number(times, i), 'g', -1, 64) }
	}
	switch key {
	case "message":
		return r.word(wordDescription).at
	case "span.status":
		return func(i int) string { return traces.Status(r.small(smallStatus)[i]).String() }
	case "is_transaction":
		return func(i int) string { return strconv.FormatBool(r.small(smallIsSegment)[i] == 1) }
	case "span.kind":
		return func(i int) string { return traces.Kind(r.small(smallKind)[i]).String() }
	case "span.module":
		ops, categories := r.word(wordOp), r.word(wordCategory)
		return func(i int) string { return moduleOf(ops.at(i), categories.at(i)) }
	case "timestamp":
		return func(i int) string { return strconv.FormatInt(r.End(i)/1000, 10) }
	case "project", "project.id":
		id := strconv.FormatInt(r.ProjectID, 10)
		return func(int) string { return id }
	case "trace":
		ids := make([]string, r.count)
		r.EachTrace(func(id traces.TraceID, from, to int) {
			text := hex.EncodeToString(id[:])
			for i := from; i < to; i++ {
				ids[i] = text
			}
		})
		return func(i int) string { return ids[i] }
	}
	return nil
}

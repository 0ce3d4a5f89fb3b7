package block

import (
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

var wordFields = map[string]word{
	"span.op": wordOp, "span.description": wordDescription, "span.category": wordCategory,
	"transaction": wordTransaction, "origin.transaction": wordTransaction, "environment": wordEnvironment,
	"release": wordRelease, "user": wordUser, "sdk.name": wordSDK,
}

var numberFields = map[string]func(t *times, span int) float64{
	"span.duration":     func(t *times, i int) float64 { return float64(t.ends[i]-t.starts[i]) / 1e6 },
	"span.self_time":    func(t *times, i int) float64 { return float64(t.selves[i]) / 1e6 },
	"precise.start_ts":  func(t *times, i int) float64 { return float64(t.starts[i]) / 1e9 },
	"precise.finish_ts": func(t *times, i int) float64 { return float64(t.ends[i]) / 1e9 },
}

var idFields = map[string]func(*spanIDs) []traces.SpanID{
	"id":          func(ids *spanIDs) []traces.SpanID { return ids.own },
	"parent_span": func(ids *spanIDs) []traces.SpanID { return ids.parents },
	"segment.id":  func(ids *spanIDs) []traces.SpanID { return ids.segments },
}

// wordFilter asks once for each distinct value.
func (r *Reader) wordFilter(w word, is func(string) bool) marks {
	d := r.word(w)
	holds := make([]bool, len(d.values))
	for i, value := range d.values {
		holds[i] = is(value)
	}
	if d.places == nil {
		return r.all(holds[0])
	}
	return r.each(func(i int) bool { return holds[d.places[i]] })
}

// within looks for a text anywhere in the description, in any case.
func (r *Reader) within(v searchquery.Value) marks { return r.wordFilter(wordDescription, within(v)) }

func (r *Reader) smallFilter(f small, filter *searchquery.Filter) marks {
	numbers := map[byte]bool{} // none for the empty text: these fields always have a value
	for _, item := range items(filter.Value) {
		if enum, ok := item.(searchquery.Enum); ok {
			numbers[byte(enum.Number)] = true
		}
	}
	column := r.small(f)
	return r.each(func(i int) bool { return numbers[column[i]] })
}

// module is a coarser category, of which caches are one.
func (r *Reader) module(f *searchquery.Filter) marks {
	is, ops, categories := textPredicate(f), r.word(wordOp), r.word(wordCategory)
	return r.each(func(i int) bool { return is(moduleOf(ops.at(i), categories.at(i))) })
}

func moduleOf(op, category string) string {
	switch op {
	case "db.redis":
		return "cache"
	case "db.sql.room":
		return "other"
	}
	switch category {
	case "cache", "db", "http", "queue", "resource":
		return category
	}
	return "other"
}

// date compares the end, cut to microseconds as everywhere.
func (r *Reader) date(f *searchquery.Filter, now time.Time) marks {
	holds := func(int64) bool { return false }
	compare := func(op searchquery.Op, bound time.Time) func(int64) bool {
		return func(end int64) bool { return ordered(op, endTime(end).Compare(bound)) }
	}
	switch v := f.Value.(type) {
	case searchquery.Date:
		holds = compare(f.Op, v.From)
		if !v.To.IsZero() {
			from, to := compare(searchquery.GreaterOrEqual, v.From), compare(searchquery.Less, v.To)
			holds = func(end int64) bool { return from(end) && to(end) }
		}
	case searchquery.RelativeDate:
		holds = compare(f.Op, v.At(now))
	}
	ends := r.readTimes().ends
	return r.each(func(i int) bool { return holds(ends[i]) })
}

func endTime(nanos int64) time.Time { return time.Unix(0, nanos).UTC().Truncate(time.Microsecond) }

func (r *Reader) project(f *searchquery.Filter, bySlug map[string]int64) marks {
	for _, slug := range texts(f.Value) {
		if id, ok := bySlug[slug]; ok && id == r.ProjectID {
			return r.all(true)
		}
	}
	return r.all(false)
}

func (r *Reader) trace(f *searchquery.Filter) marks {
	wanted := map[traces.TraceID]bool{}
	for _, text := range texts(f.Value) {
		if id, ok := traces.ParseTraceID(text); ok {
			wanted[id] = true
		}
	}
	found := make(marks, r.count)
	r.EachTrace(func(id traces.TraceID, from, to int) {
		for i := from; i < to; i++ {
			found[i] = wanted[id]
		}
	})
	return found
}

func (r *Reader) spanID(column []traces.SpanID, f *searchquery.Filter) marks {
	wanted := map[traces.SpanID]bool{}
	for _, text := range texts(f.Value) {
		if id, ok := traces.ParseSpanID(strings.ToLower(text)); ok {
			wanted[id] = true
		}
	}
	if f.Value == searchquery.String("") {
		wanted[traces.SpanID{}] = true
	}
	return r.each(func(i int) bool { return wanted[column[i]] })
}

package store

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// SortKey orders spans by a field.
type SortKey struct {
	Field      string // one that IsSortable knows
	Descending bool
}

// sortField is a field that spans are sorted by. What write gives, read makes part of a span again, which then
// compares like the one that was written.
type sortField struct {
	compare func(a, b *traces.Span) int
	write   func(*traces.Span) string
	read    func(*traces.Span, string)
}

var sortable = map[string]sortField{
	"id": {
		func(a, b *traces.Span) int { return bytes.Compare(a.SpanID[:], b.SpanID[:]) },
		func(s *traces.Span) string { return s.SpanID.String() },
		func(s *traces.Span, text string) { s.SpanID, _ = traces.ParseSpanID(text) },
	},
	"timestamp":         byNumber(func(s *traces.Span) *int64 { return &s.EndNanos }),
	"precise.start_ts":  byNumber(func(s *traces.Span) *int64 { return &s.StartNanos }),
	"precise.finish_ts": byNumber(func(s *traces.Span) *int64 { return &s.EndNanos }),
	"span.self_time":    byNumber(func(s *traces.Span) *int64 { return &s.SelfNanos }),
	"project.id":        byNumber(func(s *traces.Span) *int64 { return &s.ProjectID }),
	"span.duration": { // the tie breakers read both times
		func(a, b *traces.Span) int { return cmp.Compare(a.DurationNanos(), b.DurationNanos()) },
		func(*traces.Span) string { return "" },
		func(*traces.Span, string) {},
	},
	"span.status": {
		func(a, b *traces.Span) int { return cmp.Compare(a.Status, b.Status) },
		func(s *traces.Span) string { return strconv.Itoa(int(s.Status)) },
		func(s *traces.Span, text string) { n, _ := strconv.Atoi(text); s.Status = traces.Status(n) },
	},
	"is_transaction": {
		func(a, b *traces.Span) int { return cmp.Compare(number(a.IsSegment), number(b.IsSegment)) },
		func(s *traces.Span) string { return strconv.FormatBool(s.IsSegment) },
		func(s *traces.Span, text string) { s.IsSegment = text == "true" },
	},
	"span.op":          byText(func(s *traces.Span) *string { return &s.Op }),
	"span.description": byText(func(s *traces.Span) *string { return &s.Description }),
	"span.category":    byText(func(s *traces.Span) *string { return &s.Category }),
	"transaction":      byText(func(s *traces.Span) *string { return &s.Transaction }),
}

// tieBreakers make every order total.
var tieBreakers = []SortKey{{Field: "precise.start_ts"}, {Field: "precise.finish_ts"}, {Field: "id"}, {Field: "project.id"}}

// Sortable names the fields that spans are sorted by.
func Sortable() []string { return slices.Sorted(maps.Keys(sortable)) }

// IsSortable tells whether spans can be sorted by a field.
func IsSortable(field string) bool {
	_, ok := sortable[field]
	return ok
}

func byNumber(of func(*traces.Span) *int64) sortField {
	return sortField{
		func(a, b *traces.Span) int { return cmp.Compare(*of(a), *of(b)) },
		func(s *traces.Span) string { return strconv.FormatInt(*of(s), 10) },
		func(s *traces.Span, text string) { *of(s), _ = strconv.ParseInt(text, 10, 64) },
	}
}

func byText(of func(*traces.Span) *string) sortField {
	return sortField{
		func(a, b *traces.Span) int { return cmp.Compare(*of(a), *of(b)) },
		func(s *traces.Span) string { return *of(s) },
		func(s *traces.Span, text string) { *of(s) = text },
	}
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}

func compareSpans(keys []SortKey, a, b *traces.Span) int {
	for _, key := range keys {
		if order := sortable[key.Field].compare(a, b); order != 0 {
			if key.Descending {
				return -order
			}
			return order
		}
	}
	return 0
}

func positionOf(keys []SortKey, s *traces.Span) []string {
	position := make([]string, len(keys))
	for i, key := range keys {
		position[i] = sortable[key.Field].write(s)
	}
	return position
}

// spanAt is a span that compares like the one whose position it was.
func spanAt(keys []SortKey, position []string) traces.Span {
	var s traces.Span
	for i, key := range keys {
		sortable[key.Field].read(&s, position[i])
	}
	return s
}

package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// text compares an expression that is never NULL; the empty text stands for no value.
func (b *builder) text(expression string, f *searchquery.Filter) string {
	switch value := f.Value.(type) {
	case searchquery.Pattern:
		return fmt.Sprintf("%s LIKE %s::text", expression, b.arg(likePattern(value)))
	case searchquery.List:
		return fmt.Sprintf("%s = ANY (%s::text[])", expression, b.arg(texts(value)))
	default:
		return fmt.Sprintf("%s = %s::text", expression, b.arg(textOf(value)))
	}
}

// within looks for a text anywhere, in any case.
func (b *builder) within(expression string, value searchquery.Value) string {
	switch value := value.(type) {
	case searchquery.List:
		conditions := make([]string, len(value))
		for i, item := range value {
			conditions[i] = b.within(expression, item)
		}
		return anyOf(conditions)
	case searchquery.Pattern:
		return fmt.Sprintf("%s ILIKE %s::text", expression, b.arg("%"+likePattern(value)+"%"))
	case searchquery.String:
		if value == "" {
			return expression + " = ''"
		}
	}
	return fmt.Sprintf("%s ILIKE %s::text", expression, b.arg("%"+likeEscaper.Replace(textOf(value))+"%"))
}

// number compares an expression that may be NULL.
func (b *builder) number(expression string, f *searchquery.Filter) string {
	switch value := f.Value.(type) {
	case searchquery.Number:
		return fmt.Sprintf("coalesce(%s %s %s::float8, FALSE)", expression, f.Op, b.arg(value.Value))
	case searchquery.List:
		numbers := make([]float64, 0, len(value))
		for _, item := range value {
			if number, ok := item.(searchquery.Number); ok {
				numbers = append(numbers, number.Value)
			}
		}
		return fmt.Sprintf("coalesce(%s = ANY (%s::float8[]), FALSE)", expression, b.arg(numbers))
	default: // the empty text
		return fmt.Sprintf("%s IS NULL", expression)
	}
}

func (b *builder) enum(column string, f *searchquery.Filter) string {
	switch value := f.Value.(type) {
	case searchquery.Enum:
		return fmt.Sprintf("%s = %s::int", column, b.arg(value.Number))
	case searchquery.List:
		numbers := make([]int, 0, len(value))
		for _, item := range value {
			if enum, ok := item.(searchquery.Enum); ok {
				numbers = append(numbers, enum.Number)
			}
		}
		return fmt.Sprintf("%s = ANY (%s::int[])", column, b.arg(numbers))
	}
	return "FALSE" // a column that always has a value
}

func (b *builder) flag(column string, f *searchquery.Filter) string {
	if value, ok := f.Value.(searchquery.Enum); ok {
		return fmt.Sprintf("%s = %s::boolean", column, b.arg(value.Number == 1))
	}
	return "FALSE" // a column that always has a value
}

func (b *builder) date(column string, f *searchquery.Filter, now time.Time) string {
	switch value := f.Value.(type) {
	case searchquery.Date:
		if !value.To.IsZero() {
			return fmt.Sprintf("%s >= %s AND %s < %s", column, b.arg(value.From), column, b.arg(value.To))
		}
		return fmt.Sprintf("%s %s %s", column, f.Op, b.arg(value.From))
	case searchquery.RelativeDate:
		return fmt.Sprintf("%s %s %s", column, f.Op, b.arg(value.At(now)))
	}
	return "FALSE" // a column that always has a value
}

func (b *builder) project(f *searchquery.Filter, bySlug map[string]int64) string {
	var ids []int64
	for _, slug := range texts(f.Value) {
		if id, ok := bySlug[slug]; ok {
			ids = append(ids, id)
		}
	}
	return fmt.Sprintf("project_id = ANY (%s::bigint[])", b.arg(ids))
}

func (b *builder) traceID(f *searchquery.Filter) string {
	var ids []traces.TraceID
	for _, text := range texts(f.Value) {
		if id, ok := traces.ParseTraceID(text); ok {
			ids = append(ids, id)
		}
	}
	return fmt.Sprintf("trace_id = ANY (%s::uuid[])", b.arg(uuids(ids)))
}

func (b *builder) spanID(column string, f *searchquery.Filter) string {
	if f.Value == searchquery.String("") {
		return column + " IS NULL"
	}
	var ids [][]byte
	for _, text := range texts(f.Value) {
		if id, ok := traces.ParseSpanID(text); ok {
			ids = append(ids, id[:])
		}
	}
	return fmt.Sprintf("coalesce(%s = ANY (%s::bytea[]), FALSE)", column, b.arg(ids))
}

// texts are the items of a list, or the one value.
func texts(value searchquery.Value) []string {
	list, ok := value.(searchquery.List)
	if !ok {
		return []string{textOf(value)}
	}
	all := make([]string, len(list))
	for i, item := range list {
		all[i] = textOf(item)
	}
	return all
}

func textOf(value searchquery.Value) string {
	text, _ := value.(searchquery.String)
	return string(text)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func likePattern(pattern searchquery.Pattern) string {
	segments := pattern.Segments()
	for i, segment := range segments {
		segments[i] = likeEscaper.Replace(segment)
	}
	return strings.Join(segments, "%")
}

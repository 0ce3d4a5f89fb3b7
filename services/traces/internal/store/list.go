package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// List says which spans of one trace are wanted.
type List struct {
	Scope   Scope
	TraceID traces.TraceID
	Queries []Query // a span needs to satisfy one of them; all do when there are none
	Sort    []SortKey
	After   []string // Position of the last span of the page before
	Limit   int
}

// SortKey orders spans by a field.
type SortKey struct {
	Field      string // one that IsSortable knows
	Descending bool
}

// Listed is a span in its place in a list.
type Listed struct {
	traces.Span
	Position []string
}

// sortable are expressions that are never NULL, and their types.
var sortable = map[string]struct{ expression, typeName string }{
	"id": {"span_id", "bytea"}, "timestamp": {"end_nanos", "bigint"},
	"precise.start_ts": {"start_nanos", "bigint"}, "precise.finish_ts": {"end_nanos", "bigint"},
	"span.duration": {"(end_nanos - start_nanos)", "bigint"}, "span.self_time": {"self_nanos", "bigint"},
	"span.op": {"op", "text"}, "span.description": {"description", "text"}, "span.status": {"status", "smallint"},
	"span.category": {"category", "text"}, "transaction": {"transaction", "text"}, "project.id": {"project_id", "bigint"},
	"is_transaction": {"is_segment", "boolean"},
}

// tieBreakers make every order total.
var tieBreakers = []SortKey{{Field: "precise.start_ts"}, {Field: "precise.finish_ts"}, {Field: "id"}, {Field: "project.id"}}

// IsSortable tells whether spans can be sorted by a field.
func IsSortable(field string) bool {
	_, ok := sortable[field]
	return ok
}

// ListSpans gives spans of one trace, in order.
func (s *Store) ListSpans(ctx context.Context, list List) ([]Listed, error) {
	text, args := listSpans(list)
	return collect(ctx, s, "list spans", text, args, func(row pgx.CollectableRow) (Listed, error) {
		var l Listed
		var err error
		l.Span, err = scanSpan(row, &l.Position)
		return l, err
	})
}

func listSpans(list List) (text string, args []any) {
	b := &builder{}
	keys := append(list.Sort[:len(list.Sort):len(list.Sort)], tieBreakers...)
	where := []string{b.scope(list.Scope), fmt.Sprintf("trace_id = %s::uuid", b.arg([16]byte(list.TraceID)))}
	if conditions := b.conditions(list.Queries); len(conditions) > 0 {
		where = append(where, anyOf(conditions))
	}
	if len(list.After) == len(keys) {
		where = append(where, b.after(keys, list.After))
	}
	position, order := make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		position[i] = sortable[key.Field].expression + "::text"
		order[i] = sortable[key.Field].expression
		if key.Descending {
			order[i] += " DESC"
		}
	}
	return fmt.Sprintf("SELECT %s, ARRAY[%s]\nFROM spans\nWHERE %s\nORDER BY %s\nLIMIT %s", spanColumns,
		strings.Join(position, ", "), strings.Join(where, "\n\tAND "), strings.Join(order, ", "), b.arg(list.Limit)), b.args
}

// after is the condition that a span comes after a position.
func (b *builder) after(keys []SortKey, position []string) string {
	column := sortable[keys[0].Field]
	value := fmt.Sprintf("%s::text::%s", b.arg(position[0]), column.typeName)
	comparison := ">"
	if keys[0].Descending {
		comparison = "<"
	}
	text := fmt.Sprintf("%s %s %s", column.expression, comparison, value)
	if len(keys) == 1 {
		return text
	}
	return fmt.Sprintf("(%s OR %s = %s AND %s)", text, column.expression, value, b.after(keys[1:], position[1:]))
}

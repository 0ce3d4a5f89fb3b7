package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Match says which traces are wanted.
type Match struct {
	Scope   Scope
	Queries []Query // a trace needs a span for each of them; all spans match when there are none
	Oldest  bool    // oldest first, by the first matching span; else newest first, by the last one
	After   *Matched
	Limit   int
}

// Matched is a trace that matches, in its place in the order.
type Matched struct {
	TraceID traces.TraceID
	At      time.Time // end of the matching span that places it
}

// MatchTraces gives the traces that match, in order.
func (s *Store) MatchTraces(ctx context.Context, match Match) ([]Matched, error) {
	text, args := matchTraces(match)
	return collect(ctx, s, "match traces", text, args, func(row pgx.CollectableRow) (Matched, error) {
		var m Matched
		err := row.Scan((*[16]byte)(&m.TraceID), &m.At)
		return m, err
	})
}

// matchTraces looks at the spans that satisfy any query and keeps the traces in which each query has one.
func matchTraces(match Match) (text string, args []any) {
	b := &builder{}
	place, comparison, order := "max(end_time)", "<", "DESC"
	if match.Oldest {
		place, comparison, order = "min(end_time)", ">", "ASC"
	}
	where := []string{b.scope(match.Scope)}
	var having []string
	conditions := b.conditions(match.Queries)
	if len(conditions) > 0 {
		where = append(where, anyOf(conditions))
	}
	if len(conditions) > 1 {
		for _, condition := range conditions {
			having = append(having, fmt.Sprintf("bool_or(%s)", condition))
		}
	}
	if match.After != nil {
		having = append(having, fmt.Sprintf("(%s, trace_id) %s (%s::timestamptz, %s::uuid)",
			place, comparison, b.arg(match.After.At), b.arg([16]byte(match.After.TraceID))))
	}
	text = fmt.Sprintf("SELECT trace_id, %s AS matched\nFROM spans\nWHERE %s\nGROUP BY trace_id\n", place, strings.Join(where, "\n\tAND "))
	if len(having) > 0 {
		text += "HAVING " + strings.Join(having, "\n\tAND ") + "\n"
	}
	text += fmt.Sprintf("ORDER BY matched %s, trace_id %s\nLIMIT %s", order, order, b.arg(match.Limit))
	return text, b.args
}

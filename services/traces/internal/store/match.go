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
	Order   Order
	After   *Matched
	Limit   int
}

// Order is an order of traces. Traces that are equal in it are ordered by id.
type Order int

// The orders.
const (
	Newest  Order = iota // by the last matching span
	Oldest               // by the first matching span
	Longest              // by the time from the first start to the last end of all spans of a trace
)

// Margin is how far from the window spans of a trace may lie that was found in it. A trace is looked at as a whole;
// the margin only keeps a trace id that some client uses for ever from costing ever more.
const Margin = 24 * time.Hour

// Matched is a trace that matches, in its place in the order.
type Matched struct {
	TraceID   traces.TraceID
	At        time.Time // end of the last matching span, or of the first in the order Oldest
	TookNanos int64     // of the whole trace, in the order Longest
}

// MatchTraces gives the traces that match, in order.
func (s *Store) MatchTraces(ctx context.Context, match Match) ([]Matched, error) {
	text, args := matchTraces(match)
	return collect(ctx, s, "match traces", text, args, func(row pgx.CollectableRow) (Matched, error) {
		var m Matched
		err := row.Scan((*[16]byte)(&m.TraceID), &m.At, &m.TookNanos)
		return m, err
	})
}

func matchTraces(match Match) (text string, args []any) {
	b := &builder{}
	switch match.Order {
	case Longest:
		return b.longest(match), b.args
	case Oldest:
		return b.ordered(match, "min(end_time)", ">", "ASC"), b.args
	default:
		return b.ordered(match, "max(end_time)", "<", "DESC"), b.args
	}
}

func (b *builder) ordered(match Match, place, comparison, direction string) string {
	after := ""
	if match.After != nil {
		after = fmt.Sprintf("(%s, trace_id) %s (%s::timestamptz, %s::uuid)",
			place, comparison, b.arg(match.After.At), b.arg([16]byte(match.After.TraceID)))
	}
	return fmt.Sprintf("SELECT trace_id, %s AS matched, 0\n%s\nORDER BY matched %s, trace_id %s\nLIMIT %s",
		place, b.matching(match, after), direction, direction, b.arg(match.Limit))
}

// longest measures every trace that matches, because any of them may be the longest.
func (b *builder) longest(match Match) string {
	whole := match.Scope
	whole.ProjectIDs = nil
	whole.From, whole.To = whole.From.Add(-Margin), whole.To.Add(Margin)
	const took = "max(end_nanos) - min(start_nanos)"
	after := ""
	if match.After != nil {
		after = fmt.Sprintf("HAVING (%s, trace_id) < (%s::bigint, %s::uuid)\n",
			took, b.arg(match.After.TookNanos), b.arg([16]byte(match.After.TraceID)))
	}
	return fmt.Sprintf(`WITH matching AS (
SELECT trace_id, max(end_time) AS matched
%s)
SELECT trace_id, max(matched), %s AS took
FROM matching JOIN spans USING (trace_id)
WHERE %s
GROUP BY trace_id
%sORDER BY took DESC, trace_id DESC
LIMIT %s`, b.matching(match, ""), took, b.scope(whole), after, b.arg(match.Limit))
}

// matching looks at the spans that satisfy any query and keeps the traces in which each query has one.
func (b *builder) matching(match Match, after string) string {
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
	if after != "" {
		having = append(having, after)
	}
	text := fmt.Sprintf("FROM spans\nWHERE %s\nGROUP BY trace_id", strings.Join(where, "\n\tAND "))
	if len(having) > 0 {
		text += "\nHAVING " + strings.Join(having, "\n\tAND ")
	}
	return text
}

package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// Describe says which traces are described, and by which of their spans.
type Describe struct {
	Scope    Scope
	TraceIDs []traces.TraceID
	Queries  []Query // whose spans are counted; all spans when there are none
}

// Counts are what is counted of one trace.
type Counts struct {
	TraceID              traces.TraceID
	Spans, Matching      int64
	StartNanos, EndNanos int64
}

// CountSpans counts the spans of some traces. A trace without spans is not in the answer.
func (s *Store) CountSpans(ctx context.Context, describe Describe) ([]Counts, error) {
	text, args := countSpans(describe)
	return collect(ctx, s, "count spans", text, args, func(row pgx.CollectableRow) (Counts, error) {
		var c Counts
		err := row.Scan((*[16]byte)(&c.TraceID), &c.Spans, &c.Matching, &c.StartNanos, &c.EndNanos)
		return c, err
	})
}

func countSpans(describe Describe) (text string, args []any) {
	b := &builder{}
	where := b.ofTraces(describe)
	matching := "count(*)"
	if conditions := b.conditions(describe.Queries); len(conditions) > 0 {
		matching = fmt.Sprintf("count(*) FILTER (WHERE %s)", anyOf(conditions))
	}
	return fmt.Sprintf("SELECT trace_id, count(*), %s, min(start_nanos), max(end_nanos)\nFROM spans\nWHERE %s\nGROUP BY trace_id",
		matching, where), b.args
}

func (b *builder) ofTraces(describe Describe) string {
	return b.scope(describe.Scope) + fmt.Sprintf(" AND trace_id = ANY (%s)", b.arg(uuids(describe.TraceIDs)))
}

func uuids(ids []traces.TraceID) [][16]byte {
	raw := make([][16]byte, len(ids))
	for i, id := range ids {
		raw[i] = id
	}
	return raw
}

// ListSegments gives the segments of some traces, by start and then the later end first, at most so many of each.
// The slugs of their projects are left open.
func (s *Store) ListSegments(ctx context.Context, describe Describe, perTrace int) (map[traces.TraceID][]traces.Segment, error) {
	text, args := listSegments(describe, perTrace)
	type ofTrace struct {
		traceID traces.TraceID
		traces.Segment
	}
	rows, err := collect(ctx, s, "list segments", text, args, func(row pgx.CollectableRow) (ofTrace, error) {
		var r ofTrace
		err := row.Scan((*[16]byte)(&r.traceID), &r.ProjectID, &r.SDKName, &r.Op, &r.Transaction, &r.IsRoot, &r.StartNanos, &r.EndNanos)
		return r, err
	})
	segments := make(map[traces.TraceID][]traces.Segment, len(describe.TraceIDs))
	for _, row := range rows {
		segments[row.traceID] = append(segments[row.traceID], row.Segment)
	}
	return segments, err
}

func listSegments(describe Describe, perTrace int) (text string, args []any) {
	b := &builder{}
	return fmt.Sprintf(`SELECT trace_id, project_id, sdk_name, op, transaction, is_root, start_nanos, end_nanos
FROM (
	SELECT trace_id, project_id, sdk_name, op, transaction, parent_id IS NULL AS is_root, start_nanos, end_nanos,
		row_number() OVER (PARTITION BY trace_id ORDER BY start_nanos, end_nanos DESC, project_id, span_id) AS place
	FROM spans
	WHERE %s AND is_segment) AS segments
WHERE place <= %s
ORDER BY trace_id, place`, b.ofTraces(describe), b.arg(perTrace)), b.args
}

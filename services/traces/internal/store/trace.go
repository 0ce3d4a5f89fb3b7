package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

const spanColumns = `organization_id, project_id, trace_id, span_id, parent_id, segment_id, is_segment, kind, status,
	start_nanos, end_nanos, self_nanos, name, op, description, category, transaction, service, environment, release,
	user_tag, sdk_name, attributes, events, links`

const readTrace = `SELECT ` + spanColumns + `
FROM spans
WHERE organization_id = $1 AND trace_id = $2
ORDER BY start_nanos, end_nanos, span_id, project_id
LIMIT $3`

// ReadTrace gives the spans of one trace by start, at most so many.
func (s *Store) ReadTrace(ctx context.Context, organizationID int64, traceID traces.TraceID, limit int) ([]traces.Span, error) {
	return collect(ctx, s, "read trace", readTrace, []any{organizationID, [16]byte(traceID), limit}, func(row pgx.CollectableRow) (traces.Span, error) {
		return scanSpan(row)
	})
}

// scanSpan reads spanColumns and what a query selects after them.
func scanSpan(row pgx.CollectableRow, more ...any) (traces.Span, error) {
	var s traces.Span
	var spanID, parentID, segmentID, attributes, events, links []byte
	columns := []any{
		&s.OrganizationID, &s.ProjectID, (*[16]byte)(&s.TraceID), &spanID, &parentID, &segmentID, &s.IsSegment, &s.Kind, &s.Status,
		&s.StartNanos, &s.EndNanos, &s.SelfNanos, &s.Name, &s.Op, &s.Description, &s.Category, &s.Transaction, &s.Service,
		&s.Environment, &s.Release, &s.User, &s.SDKName, &attributes, &events, &links,
	}
	err := row.Scan(append(columns, more...)...)
	if err != nil {
		return s, err
	}
	copy(s.SpanID[:], spanID)
	copy(s.ParentID[:], parentID)
	copy(s.SegmentID[:], segmentID)
	for _, field := range []struct {
		content []byte
		into    any
	}{{attributes, &s.Attributes}, {events, &s.Events}, {links, &s.Links}} {
		if err := readJSON(field.content, field.into); err != nil {
			return s, err
		}
	}
	s.Attributes = exact(map[string]any(s.Attributes))
	for i := range s.Events {
		s.Events[i].Attributes = exact(map[string]any(s.Events[i].Attributes))
	}
	for i := range s.Links {
		s.Links[i].Attributes = exact(map[string]any(s.Links[i].Attributes))
	}
	return s, nil
}

func readJSON(content []byte, into any) error {
	if content == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("stored span: %w", err)
	}
	return nil
}

// exact reads numbers as int64 where they are, so that large ones keep all their digits.
func exact(fields map[string]any) map[string]any {
	for key, value := range fields {
		fields[key] = exactValue(value)
	}
	return fields
}

func exactValue(value any) any {
	switch value := value.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		f, _ := value.Float64() // it was a float64 when it was written
		return f
	case []any:
		for i := range value {
			value[i] = exactValue(value[i])
		}
	case map[string]any:
		return exact(value)
	}
	return value
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/klauspost/compress/zstd"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// candidate is a way to keep spans as rows, which the blocks are measured beside.
type candidate struct {
	name    string
	schema  string
	columns []string
	row     func(span *tracev1.Span, service string) []any
	has     func(key, value string) (condition string, arg any) // of an attribute
}

var candidates = map[string]candidate{"copy": copied, "jsonb": jsonRows, "tokens": tokenRows}

func attributesOf(span *tracev1.Span) map[string]string {
	all := map[string]string{}
	for _, a := range span.GetAttributes() {
		all[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return all
}

func failed(span *tracev1.Span) bool {
	return span.GetStatus().GetCode() == tracev1.Status_STATUS_CODE_ERROR
}

func end(span *tracev1.Span) time.Time { return time.Unix(0, int64(span.GetEndTimeUnixNano())) }

func token(key, value string) int32 {
	h := fnv.New32a()
	fmt.Fprint(h, key, "\x00", value)
	return int32(h.Sum32())
}

var copied = candidate{
	name:    "bare COPY of the spans' bytes",
	schema:  `CREATE TABLE %s (span bytea)`,
	columns: []string{"span"},
	row: func(span *tracev1.Span, _ string) []any {
		content, _ := proto.Marshal(span)
		return []any{content}
	},
}

var jsonRows = candidate{
	name: "row per span, JSONB and GIN",
	schema: `CREATE TABLE %[1]s (project_id bigint, trace_id uuid, span_id bytea, end_time timestamptz, organization_id bigint,
		parent_id bytea, start_nanos bigint, duration_nanos bigint, service text, op text, failed boolean, attributes jsonb,
		PRIMARY KEY (project_id, trace_id, span_id, end_time));
		CREATE INDEX ON %[1]s (organization_id, trace_id); CREATE INDEX ON %[1]s (organization_id, end_time);
		CREATE INDEX ON %[1]s USING gin (attributes jsonb_path_ops)`,
	columns: []string{"project_id", "trace_id", "span_id", "end_time", "organization_id", "parent_id", "start_nanos", "duration_nanos", "service", "op", "failed", "attributes"},
	row: func(span *tracev1.Span, service string) []any {
		content, _ := json.Marshal(attributesOf(span))
		return []any{
			int64(1), [16]byte(span.GetTraceId()), span.GetSpanId(), end(span), int64(1), span.GetParentSpanId(), int64(span.GetStartTimeUnixNano()),
			int64(span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano()), service, span.GetName(), failed(span), content,
		}
	},
	has: func(key, value string) (string, any) {
		content, _ := json.Marshal(map[string]string{key: value})
		return "attributes @> $%d::jsonb", content
	},
}

var rowEncoder, _ = zstd.NewWriter(nil)

var tokenRows = candidate{
	name: "row per span, tokens in an integer-array GIN, packed attributes",
	schema: `CREATE TABLE %[1]s (project_id bigint, trace_id uuid, span_id bytea, end_time timestamptz, organization_id bigint,
		parent_id bytea, start_nanos bigint, duration_nanos bigint, service text, op text, failed boolean, attributes bytea, tokens integer[],
		PRIMARY KEY (project_id, trace_id, span_id, end_time));
		CREATE INDEX ON %[1]s (organization_id, end_time); CREATE INDEX ON %[1]s USING gin (tokens)`,
	columns: []string{"project_id", "trace_id", "span_id", "end_time", "organization_id", "parent_id", "start_nanos", "duration_nanos", "service", "op", "failed", "attributes", "tokens"},
	row: func(span *tracev1.Span, service string) []any {
		all := attributesOf(span)
		content, _ := json.Marshal(all)
		var tokens []int32
		for key, value := range all {
			tokens = append(tokens, token(key, value))
		}
		slices.Sort(tokens)
		return []any{
			int64(1), [16]byte(span.GetTraceId()), span.GetSpanId(), end(span), int64(1), span.GetParentSpanId(), int64(span.GetStartTimeUnixNano()),
			int64(span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano()), service, span.GetName(), failed(span), rowEncoder.EncodeAll(content, nil), tokens,
		}
	},
	has: func(key, value string) (string, any) { return "tokens @> $%d::integer[]", []int32{token(key, value)} },
}

func (c candidate) write(ctx context.Context, pool *pgxpool.Pool, table string, req *collectorv1.ExportTraceServiceRequest) error {
	var rows [][]any
	for _, group := range req.GetResourceSpans() {
		service := group.GetResource().GetAttributes()[0].GetValue().GetStringValue()
		for _, span := range group.GetScopeSpans()[0].GetSpans() {
			rows = append(rows, c.row(span, service))
		}
	}
	_, err := pool.CopyFrom(ctx, pgx.Identifier{table}, c.columns, pgx.CopyFromRows(rows))
	return err
}

func measureRows(ctx context.Context, h *house, table string, c candidate) error {
	spans, err := stored(ctx, h.pool, table, c.name, func(ctx context.Context) (loaded, error) { return c.load(ctx, h.pool, table) })
	if err != nil || c.has == nil || *phase == loadPhase {
		return err
	}
	return measureSearches(ctx, h.floors, rows{c, h.pool, table}, spans)
}

func (c candidate) load(ctx context.Context, pool *pgxpool.Pool, table string) (loaded, error) {
	if _, err := pool.Exec(ctx, fmt.Sprintf(c.schema, table)); err != nil {
		return loaded{}, err
	}
	done, err := load(ctx, func(ctx context.Context, req *collectorv1.ExportTraceServiceRequest) error {
		return c.write(ctx, pool, table, req)
	})
	if err != nil {
		return done, err
	}
	return done, settle(ctx, pool, table, done)
}

// rows are the spans in the form of a candidate.
type rows struct {
	candidate
	pool  *pgxpool.Pool
	table string
}

// statement collects what is asked of rows.
type statement struct{ args []any }

func (s *statement) add(condition string, arg any) string {
	s.args = append(s.args, arg)
	return fmt.Sprintf(condition, len(s.args))
}

// where is the condition of a search on the rows of an alias.
func (r rows) where(to *statement, alias string, s search) string {
	parts := []string{alias + ".organization_id = 1"}
	add := func(condition string, arg any) { parts = append(parts, alias+"."+to.add(condition, arg)) }
	if s.service != "" {
		add("service = $%d", s.service)
	}
	if s.op != "" {
		add("op = $%d", s.op)
	}
	if s.longer > 0 {
		add("duration_nanos > $%d", int64(s.longer))
	}
	if s.failed {
		add("failed = $%d", true)
	}
	if s.key != "" {
		add(r.has(s.key, s.value))
	}
	if s.parent != nil {
		parts = append(parts, fmt.Sprintf("EXISTS (SELECT 1 FROM %s p WHERE p.project_id = 1 AND p.trace_id = %[2]s.trace_id AND p.span_id = %[2]s.parent_id AND %s)",
			r.table, alias, r.where(to, "p", *s.parent)))
	}
	return strings.Join(parts, " AND ")
}

// search of one query walks the matching rows by time: few are enough, unless traces have many of them. Of several queries it
// takes the traces of each.
func (r rows) search(ctx context.Context, k kind, searches []search) (int, error) {
	to := &statement{}
	if len(searches) > 1 {
		found := make([]string, len(searches))
		for i, s := range searches {
			found[i] = fmt.Sprintf("SELECT s.trace_id, max(s.end_time) AS at FROM %s s WHERE %s GROUP BY s.trace_id", r.table, r.where(to, "s", s))
		}
		traces, _, err := r.count(ctx, fmt.Sprintf("SELECT trace_id FROM (%s) a JOIN (%s) b USING (trace_id) ORDER BY greatest(a.at, b.at) DESC LIMIT %d",
			found[0], found[1], page), to.args...)
		return traces, err
	}
	from := fmt.Sprintf("FROM %s s WHERE %s", r.table, r.where(to, "s", searches[0]))
	if k.isSeries {
		_, points, err := r.count(ctx, fmt.Sprintf("SELECT date_trunc('minute', s.end_time), count(*) %s GROUP BY 1", from), to.args...)
		return points, err
	}
	for _, most := range []int{2 * page, spansPerTrace * page} {
		traces, spans, err := r.count(ctx, fmt.Sprintf("SELECT s.trace_id %s ORDER BY s.end_time DESC LIMIT %d", from, most), to.args...)
		if err != nil || traces >= page || spans < most {
			return min(traces, page), err
		}
	}
	return page, nil
}

func (r rows) trace(ctx context.Context, id []byte) (int, error) {
	_, spans, err := r.count(ctx, fmt.Sprintf("SELECT * FROM %s WHERE project_id = 1 AND trace_id = $1", r.table), [16]byte(id))
	return spans, err
}

// count gives the number of values of the first column, and of rows.
func (r rows) count(ctx context.Context, text string, args ...any) (distinct, all int, err error) {
	result, err := r.pool.Query(ctx, text, args...)
	if err != nil {
		return 0, 0, err
	}
	found, err := pgx.CollectRows(result, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return fmt.Sprint(values[0]), err
	})
	all = len(found)
	slices.Sort(found)
	return len(slices.Compact(found)), all, err
}

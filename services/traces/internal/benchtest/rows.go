package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
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
	where   func(search) (string, []any)
}

// search is what the searches of the bench ask for; what is empty is not asked.
type search struct {
	service, op, key, value string
	longer                  time.Duration
}

func attributesOf(span *tracev1.Span) map[string]string {
	all := map[string]string{}
	for _, a := range span.GetAttributes() {
		all[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return all
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
		parent_id bytea, start_nanos bigint, duration_nanos bigint, service text, op text, attributes jsonb,
		PRIMARY KEY (project_id, trace_id, span_id, end_time));
		CREATE INDEX ON %[1]s (organization_id, trace_id); CREATE INDEX ON %[1]s (organization_id, end_time);
		CREATE INDEX ON %[1]s USING gin (attributes jsonb_path_ops)`,
	columns: []string{"project_id", "trace_id", "span_id", "end_time", "organization_id", "parent_id", "start_nanos", "duration_nanos", "service", "op", "attributes"},
	row: func(span *tracev1.Span, service string) []any {
		content, _ := json.Marshal(attributesOf(span))
		return []any{
			int64(1), [16]byte(span.GetTraceId()), span.GetSpanId(), end(span), int64(1), span.GetParentSpanId(), int64(span.GetStartTimeUnixNano()),
			int64(span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano()), service, span.GetName(), content,
		}
	},
	where: func(s search) (string, []any) {
		text, args := rowWhere(s)
		if s.key != "" {
			content, _ := json.Marshal(map[string]string{s.key: s.value})
			args = append(args, content)
			text += fmt.Sprintf(" AND attributes @> $%d::jsonb", len(args))
		}
		return text, args
	},
}

var rowEncoder, _ = zstd.NewWriter(nil)

var tokenRows = candidate{
	name: "row per span, tokens in an integer-array GIN, packed attributes",
	schema: `CREATE TABLE %[1]s (project_id bigint, trace_id uuid, span_id bytea, end_time timestamptz, organization_id bigint,
		parent_id bytea, start_nanos bigint, duration_nanos bigint, service text, op text, attributes bytea, tokens integer[],
		PRIMARY KEY (project_id, trace_id, span_id, end_time));
		CREATE INDEX ON %[1]s (organization_id, end_time); CREATE INDEX ON %[1]s USING gin (tokens)`,
	columns: []string{"project_id", "trace_id", "span_id", "end_time", "organization_id", "parent_id", "start_nanos", "duration_nanos", "service", "op", "attributes", "tokens"},
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
			int64(span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano()), service, span.GetName(), rowEncoder.EncodeAll(content, nil), tokens,
		}
	},
	where: func(s search) (string, []any) {
		text, args := rowWhere(s)
		if s.key != "" {
			args = append(args, []int32{token(s.key, s.value)})
			text += fmt.Sprintf(" AND tokens @> $%d::integer[]", len(args))
		}
		return text, args
	},
}

func rowWhere(s search) (string, []any) {
	text, args := "organization_id = 1", []any(nil)
	add := func(condition string, arg any) {
		args = append(args, arg)
		text += fmt.Sprintf(" AND "+condition, len(args))
	}
	if s.service != "" {
		add("service = $%d", s.service)
	}
	if s.op != "" {
		add("op = $%d", s.op)
	}
	if s.longer > 0 {
		add("duration_nanos > $%d", int64(s.longer))
	}
	return text, args
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

func (c candidate) search(ctx context.Context, pool *pgxpool.Pool, table string, s search) (int, error) {
	where, args := c.where(s)
	rows, err := pool.Query(ctx, fmt.Sprintf("SELECT trace_id, max(end_time) AS at FROM %s WHERE %s GROUP BY trace_id ORDER BY at DESC, trace_id DESC LIMIT 101", table, where), args...)
	if err != nil {
		return 0, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (int, error) { return 0, nil })
	return len(found), err
}

func (c candidate) trace(ctx context.Context, pool *pgxpool.Pool, table string, id []byte) (int, error) {
	rows, err := pool.Query(ctx, fmt.Sprintf("SELECT * FROM %s WHERE project_id = 1 AND trace_id = $1", table), [16]byte(id))
	if err != nil {
		return 0, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (int, error) { _, err := row.Values(); return 0, err })
	return len(found), err
}

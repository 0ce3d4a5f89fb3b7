package server_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
)

// oracleSpan is what the oracle knows of a span. It says in attributes all that could be inferred, so that the oracle
// need not know how that is done.
type oracleSpan struct {
	project            int
	trace, id          string // as raw bytes
	parent             string
	isSegment          bool
	status             int
	start, end, self   int64
	text               map[string]string // fields of the query language
	attributes         map[string]any
	resourceAttributes map[string]any
	kin                *oracleKin
}

// oracleKin are all spans, and the window in which spans are kin of others.
type oracleKin struct {
	spans    []*oracleSpan
	from, to time.Time
}

// related gives the spans that have a relation to a span. Ids are unique, so that no branch is a loop.
func (s *oracleSpan) related(relation string) []*oracleSpan {
	var found []*oracleSpan
	for _, other := range s.kin.spans {
		end := time.Unix(0, other.end).Truncate(time.Microsecond)
		if other.trace != s.trace || other.organization() != s.organization() || end.Before(s.kin.from) || !end.Before(s.kin.to) {
			continue
		}
		switch {
		case relation == "child" && other.parent == s.id:
			found = append(found, other)
		case relation != "child" && other.id == s.parent:
			found = append(found, other)
			if relation == "ancestor" {
				found = append(found, other.related(relation)...)
			}
		}
	}
	return found
}

func (s *oracleSpan) organization() int64 {
	if s.project == 3 {
		return 2
	}
	return 1
}

// Words that the texts of spans and of queries are made of: some differ in case only, some have what SQL takes for a
// wildcard or a quote.
var (
	oracleOps          = []string{"db", "db.redis", "http.server", "http.client", "cache.get", "default"}
	oracleDescriptions = []string{"SELECT 1", "select 1", "GET /cart", "50% off_sale", `it's a \ slash`, "Größe", "größe", ""}
	oracleValues       = []string{"red", "Red", "blue", "b_ue", "b%", "1", "1.5", "true", "ärger", ""}
	oracleKeys         = []string{"color", "shape", "weight", "lcp", "http.status_code"}
)

// randomSpans makes spans of a few traces. Traces use some ids in both organizations.
func randomSpans(r *rand.Rand, count int) []*oracleSpan {
	spans := make([]*oracleSpan, count)
	kin := &oracleKin{spans: spans}
	for i := range spans {
		spans[i] = randomSpan(r, i)
		spans[i].kin = kin
		if i > 0 && r.IntN(3) > 0 { // below an earlier one, perhaps of another trace
			parent := spans[r.IntN(i)]
			spans[i].parent = parent.id
			if r.IntN(2) == 0 {
				spans[i].trace = parent.trace
			}
			spans[i].isSegment = false
		}
	}
	return spans
}

func randomSpan(r *rand.Rand, i int) *oracleSpan {
	start := now.Add(-time.Duration(r.IntN(20)) * 500 * time.Millisecond).UnixNano()
	if r.IntN(20) == 0 { // days away: outside some windows, and in other partitions
		start -= int64(time.Duration(r.IntN(20)) * 12 * time.Hour)
	}
	duration := int64(r.IntN(6)) * 250_000_000
	s := &oracleSpan{
		project: 1 + r.IntN(3), trace: strings.Repeat(string(rune('a'+r.IntN(16))), 16), id: fmt.Sprintf("span%04d", i),
		isSegment: true, start: start, end: start + duration, self: duration / 2,
		text: map[string]string{
			"span.op": pick(r, oracleOps), "span.description": pick(r, oracleDescriptions),
			"span.category": pick(r, []string{"db", "http", "cache", "custom"}),
			"transaction":   pick(r, []string{"GET /cart", "GET /CART", "task*"}),
			"environment":   pick(r, []string{"production", "staging", ""}), "release": pick(r, []string{"1.0", "2.0", ""}),
			"user": pick(r, []string{"id:1", "email:a@b", ""}), "sdk.name": pick(r, []string{"go", "js", ""}),
		},
		attributes: map[string]any{}, resourceAttributes: map[string]any{},
	}
	if s.text["span.description"] == "" { // the name stands in
		s.text["span.description"] = "unnamed"
	}
	if r.IntN(3) == 0 {
		s.status = []int{1, 5, 13, 14}[r.IntN(4)]
	}
	for _, key := range oracleKeys {
		if r.IntN(2) == 0 {
			s.attributes[key] = randomValue(r)
		}
		if r.IntN(5) == 0 {
			s.resourceAttributes[key] = randomValue(r)
		}
	}
	if r.IntN(3) == 0 {
		s.attributes[oracleMetricKey] = randomSummary(r)
	}
	s.text["span.module"] = moduleOf(s.text["span.op"], s.text["span.category"])
	return s
}

func moduleOf(op, category string) string {
	switch {
	case op == "db.redis":
		return "cache"
	case category == "custom":
		return "other"
	}
	return category
}

func pick[T any](r *rand.Rand, values []T) T { return values[r.IntN(len(values))] }

func randomValue(r *rand.Rand) any {
	switch r.IntN(6) {
	case 0:
		return r.IntN(3)
	case 1:
		return float64(r.IntN(8)) / 2
	case 2:
		return r.IntN(2) == 0
	}
	return pick(r, oracleValues)
}

// otlp is the span as it is sent. Its status goes as a code of gRPC, whose numbers mean the same.
func (s *oracleSpan) otlp() *tracev1.ResourceSpans {
	span := &tracev1.Span{
		TraceId: []byte(s.trace), SpanId: []byte(s.id), ParentSpanId: []byte(s.parent), Name: "unnamed",
		StartTimeUnixNano: uint64(s.start), EndTimeUnixNano: uint64(s.end),
	}
	group := group(s.project, span)
	group.Resource.Attributes = []*commonv1.KeyValue{keyValue("picket.project_id", s.project)}
	for key, value := range s.resourceAttributes {
		group.Resource.Attributes = append(group.Resource.Attributes, keyValue(key, value))
	}
	for key, value := range s.attributes {
		with(key, value)(span)
	}
	for key, attribute := range map[string]string{
		"span.op": "sentry.op", "span.description": "sentry.description", "span.category": "sentry.category",
		"transaction": "sentry.transaction", "environment": "sentry.environment", "release": "sentry.release",
		"user": "sentry.user", "sdk.name": "sentry.sdk.name",
	} {
		with(attribute, s.text[key])(span)
	}
	with("sentry.exclusive_time_nano", int(s.self))(span)
	if s.status != 0 {
		span.Status = &tracev1.Status{Code: tracev1.Status_STATUS_CODE_ERROR}
		with("rpc.grpc.status_code", s.status)(span)
	}
	return group
}

// requestsOf spreads spans over requests; some are in several of them.
func requestsOf(r *rand.Rand, spans []*oracleSpan) []*collectorv1.ExportTraceServiceRequest {
	requests := make([]*collectorv1.ExportTraceServiceRequest, 150)
	for i := range requests {
		requests[i] = &collectorv1.ExportTraceServiceRequest{}
	}
	for _, span := range spans {
		for copies := 1 + r.IntN(4)/3; copies > 0; copies-- {
			req := pick(r, requests)
			req.ResourceSpans = append(req.ResourceSpans, span.otlp())
		}
	}
	return requests
}

// textOfValue is how a value is written.
func textOfValue(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int:
		return strconv.Itoa(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

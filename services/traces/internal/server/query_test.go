package server_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// searched are five traces of one span each.
func searched(t *testing.T, h *house) {
	t.Helper()
	denied := func(s *tracev1.Span) {
		s.Status = &tracev1.Status{Code: tracev1.Status_STATUS_CODE_ERROR}
	}
	server := func(s *tracev1.Span) { s.Kind = tracev1.Span_SPAN_KIND_SERVER }
	released := of(2, span('d', 'd', 20, with("color", "red"), with("sentry.release", "2.0")))
	h.export(t, of(1,
		span('a', 'a', 50, server, with("http.request.method", "GET"), with("http.route", "/cart"), with("user.id", "42"),
			with("http.response.status_code", 200), with("lcp", 2500), with("http.response.body.size", 5000.5)),
		span('b', 'b', 50, lasting(5*time.Millisecond), denied, with("db.system", "postgresql"),
			with("db.query.text", "SELECT * FROM orders LIMIT 1 -- now"), with("rpc.grpc.status_code", 7)),
		span('c', 'c', 30, lasting(2*time.Second), with("color", "blue"), with("weight", 1.5), with("flag", true),
			func(s *tracev1.Span) { s.Name = "load 50% more" }),
		span('e', 'e', 10, below('z')),
	), released)
}

func TestQueriesFindTheSpansThatTheyDescribe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	searched(t, h)
	content, err := os.ReadFile("testdata/queries.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Query, Want string }
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		t.Run(tc.Query, func(t *testing.T) {
			t.Parallel()
			got := h.match(t, &tracesv1.MatchTracesRequest{
				Scope: scope(), Queries: []string{tc.Query}, Sort: tracesv1.TraceSort_TRACE_SORT_OLDEST,
			})
			if sorted(got) != tc.Want {
				t.Errorf("found %q, want %q", got, tc.Want)
			}
		})
	}
}

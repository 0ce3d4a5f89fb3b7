package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func TestSpansOfATraceAreListedInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	red := with("color", "red")
	h.export(t, of(1,
		span('a', 'a', 50, red), span('a', 'b', 50, lasting(3*time.Second)), span('a', 'c', 40, red, lasting(2*time.Second)),
		span('a', 'd', 30, with("color", "blue")), span('b', 'x', 30, red),
	), of(2, span('a', 'e', 20, red)))
	shop := scope()
	shop.ProjectIds = []int64{1}
	for name, tc := range map[string]struct {
		req  *tracesv1.ListSpansRequest
		want string
	}{
		"by start":               {&tracesv1.ListSpansRequest{Scope: scope()}, "abcde"},
		"of a project":           {&tracesv1.ListSpansRequest{Scope: shop}, "abcd"},
		"that satisfy any query": {&tracesv1.ListSpansRequest{Scope: scope(), Queries: []string{"color:red", "color:blue"}}, "acde"},
		"a query of aggregates only asks nothing": {&tracesv1.ListSpansRequest{Scope: scope(), Queries: []string{"count():>1", "color:blue"}}, "d"},
		"longest first":            {&tracesv1.ListSpansRequest{Scope: scope(), Sort: []string{"-span.duration"}}, "bcade"},
		"by two fields":            {&tracesv1.ListSpansRequest{Scope: scope(), Sort: []string{"span.duration", "-id"}}, "edacb"},
		"by project, newest first": {&tracesv1.ListSpansRequest{Scope: scope(), Sort: []string{"-project_id", "-timestamp"}}, "edcba"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.req.TraceId = hexTrace('a')
			for _, size := range []int32{0, 1, 2} { // pages show the same
				if got := h.listAll(t, tc.req, size); got != tc.want {
					t.Errorf("pages of %d: got %q, want %q", size, got, tc.want)
				}
			}
		})
	}
	_, err := h.ListSpans(t.Context(), &tracesv1.ListSpansRequest{Scope: scope(), TraceId: hexTrace('a'), Sort: []string{"-color"}})
	if field, _ := violation(err); status.Code(err) != codes.InvalidArgument || field != "sort" {
		t.Errorf("sorted by a tag: %v", err)
	}
}

func (h *house) listAll(t *testing.T, req *tracesv1.ListSpansRequest, size int32) string {
	t.Helper()
	got := ""
	for req.PageSize, req.PageToken = size, ""; ; {
		resp, err := h.ListSpans(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range resp.GetSpans() {
			got += s.GetDescription()[len("span "):]
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return got
		}
	}
}

func TestSpansAreListedWithTheFieldsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(2,
		span('a', 'a', 50, with("sentry.op", "db"), with("color", "red"), with("size", 5), with("hot", true), with("sizes", []any{1.5, "x"}),
			func(s *tracev1.Span) { s.Kind = tracev1.Span_SPAN_KIND_SERVER }),
		span('a', 'b', 40, below('a')),
	))
	names := []string{
		"id", "trace", "parent_span", "project", "project.id", "span.op", "span.kind", "span.status", "span.duration", "is_transaction", "timestamp",
		"color", "tags[size]", "hot", "sizes", "service.name", "no.such",
	}
	resp, err := h.ListSpans(t.Context(), &tracesv1.ListSpansRequest{Scope: scope(), TraceId: hexTrace('a'), Fields: names})
	if err != nil {
		t.Fatal(err)
	}
	trace, own, below := hexTrace('a'), fmt.Sprintf("%x", spanID('a')), fmt.Sprintf("%x", spanID('b'))
	want := []map[string]any{
		{
			"id": own, "trace": trace, "parent_span": nil, "project": "pay", "project.id": "2", "span.op": "db", "span.kind": "server", "span.status": "ok",
			"span.duration": 1000.0, "is_transaction": true, "timestamp": "2026-03-01T11:59:11.123456Z",
			"color": "red", "tags[size]": 5.0, "hot": true, "sizes": []any{1.5, "x"}, "service.name": "service-2", "no.such": nil,
		},
		{
			"id": below, "trace": trace, "parent_span": own, "project": "pay", "project.id": "2", "span.op": "default", "span.kind": nil, "span.status": "ok",
			"span.duration": 1000.0, "is_transaction": false, "timestamp": "2026-03-01T11:59:21.123456Z",
			"color": nil, "tags[size]": nil, "hot": nil, "sizes": nil, "service.name": "service-2", "no.such": nil,
		},
	}
	var got []map[string]any
	for _, s := range resp.GetSpans() {
		if s.GetProjectId() != 2 || s.GetAttributes() != nil || s.GetOp() != "" {
			t.Errorf("a span with more than its fields: %v", s)
		}
		got = append(got, s.GetFields().AsMap())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

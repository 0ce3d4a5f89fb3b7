package server_test

import (
	"strings"
	"testing"
	"time"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func TestATraceMatchesWhenEachQueryHasASpanOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	red, blue := with("color", "red"), with("color", "blue")
	h.export(t, of(1,
		span('a', 'r', 60, red), span('a', 'b', 60, blue), // one span for each
		span('b', 'r', 50, red),
		span('c', 'b', 40, blue),
		span('d', 'x', 30, red, with("shape", "round")), span('d', 'y', 30, blue),
		span('e', 'x', 20),
	))
	for name, tc := range map[string]struct {
		queries []string
		want    string
	}{
		"none":                                {nil, "edcba"},
		"one":                                 {[]string{"color:red"}, "dba"},
		"two that no span satisfies both":     {[]string{"color:red", "color:blue"}, "da"},
		"two in one query":                    {[]string{"color:red color:blue"}, ""},
		"three":                               {[]string{"color:red", "color:blue", "shape:round"}, "d"},
		"the same twice":                      {[]string{"color:red", " color:red "}, "dba"},
		"a blank one asks nothing":            {[]string{"", "color:red"}, "dba"},
		"one of aggregates only asks nothing": {[]string{"count():>5", "color:red"}, "dba"},
		"one that every trace satisfies":      {[]string{"!has:nothing", "color:blue"}, "dca"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: scope(), Queries: tc.queries}); got != tc.want {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTheScopeLimitsWhichSpansMatch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	staging := func(s *tracev1.Span) { with("deployment.environment.name", "staging")(s) }
	h.export(t, of(1, span('a', 'r', 60), span('b', 'r', 100_000), span('c', 'r', 50, staging)), of(2, span('d', 'r', 40)))
	end := func(at time.Time) *tracesv1.SpanScope {
		s := scope()
		s.EndTime = timestamppb.New(at)
		return s
	}
	endOfA := now.Add(-59 * time.Second).Truncate(time.Microsecond)
	for name, tc := range map[string]struct {
		scope *tracesv1.SpanScope
		want  string
	}{
		"projects":                     {&tracesv1.SpanScope{OrganizationId: 1, ProjectIds: []int64{2}}, "d"},
		"all projects":                 {&tracesv1.SpanScope{OrganizationId: 1}, "dcab"},
		"environments":                 {&tracesv1.SpanScope{OrganizationId: 1, Environments: []string{"staging", "x"}}, "c"},
		"a window":                     {scope(), "dca"},
		"a window ends before its end": {end(endOfA), ""},
		"a window has its start":       {&tracesv1.SpanScope{OrganizationId: 1, StartTime: timestamppb.New(endOfA), EndTime: timestamppb.New(endOfA.Add(time.Microsecond))}, "a"},
		"another organization":         {&tracesv1.SpanScope{OrganizationId: 2}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: tc.scope}); got != tc.want {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPagesShowEachTraceOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var spans []*tracev1.Span
	for i, letter := range "abcdefg" {
		spans = append(spans, span(byte(letter), 'z', 80, lasting(time.Duration(1+i/3)*time.Second)))
		spans = append(spans, span(byte(letter), 'x', 60-i/3)) // three at a time end together
		spans = append(spans, span(byte(letter), 'y', 70-i/3))
	}
	h.export(t, of(1, spans...))
	for sort, want := range map[tracesv1.TraceSort]string{
		tracesv1.TraceSort_TRACE_SORT_NEWEST:  "gfedcba",
		tracesv1.TraceSort_TRACE_SORT_OLDEST:  "abcdefg",
		tracesv1.TraceSort_TRACE_SORT_LONGEST: "gfedcba", // all begin together
	} {
		req := &tracesv1.MatchTracesRequest{Scope: &tracesv1.SpanScope{OrganizationId: 1}, Sort: sort, PageSize: 2}
		got := ""
		for pages := 1; ; pages++ {
			resp, err := h.MatchTraces(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			got += letters(t, resp)
			if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
				if pages != 4 {
					t.Errorf("%d pages, want 4", pages)
				}
				break
			}
		}
		if got != want {
			t.Errorf("%v: %q, want %q", sort, got, want)
		}
	}
}

func TestBadRequestsNameTheField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'x', 1), span('b', 'x', 2)))
	first, err := h.MatchTraces(t.Context(), &tracesv1.MatchTracesRequest{Scope: scope(), PageSize: 1})
	if err != nil || first.GetNextPageToken() == "" {
		t.Fatalf("%v, %v: no token", first, err)
	}
	backwards := scope()
	backwards.StartTime = backwards.GetEndTime()
	for name, tc := range map[string]struct {
		req         *tracesv1.MatchTracesRequest
		field, text string
	}{
		"no scope":                   {&tracesv1.MatchTracesRequest{}, "scope", ""},
		"no organization":            {&tracesv1.MatchTracesRequest{Scope: &tracesv1.SpanScope{}}, "scope.organization_id", ""},
		"an empty window":            {&tracesv1.MatchTracesRequest{Scope: backwards}, "scope.start_time", "not before the end"},
		"a time that is none":        {&tracesv1.MatchTracesRequest{Scope: &tracesv1.SpanScope{OrganizationId: 1, StartTime: &timestamppb.Timestamp{Nanos: -1}}}, "scope.start_time", ""},
		"a query that is none":       {&tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"a:b", "span.duration:long"}}, "queries[1]", "column"},
		"a project that is none":     {&tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"project:other"}}, "queries[0]", `no project "other"`},
		"a token that is none":       {&tracesv1.MatchTracesRequest{Scope: scope(), PageToken: "x"}, "page_token", ""},
		"a token of another request": {&tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"a:b"}, PageToken: first.GetNextPageToken()}, "page_token", "other arguments"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := h.MatchTraces(t.Context(), tc.req)
			field, text := violation(err)
			if status.Code(err) != codes.InvalidArgument || field != tc.field || !strings.Contains(text, tc.text) {
				t.Errorf("got %v about %q: %q", err, field, text)
			}
		})
	}
}

func violation(err error) (field, text string) {
	for _, detail := range status.Convert(err).Details() {
		if request, ok := detail.(*errdetails.BadRequest); ok {
			return request.GetFieldViolations()[0].GetField(), request.GetFieldViolations()[0].GetDescription()
		}
	}
	return "", ""
}

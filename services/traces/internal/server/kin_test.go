package server_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func TestSpansAreFoundByTheSpansAroundThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checkout, db := with("http.route", "/checkout"), with("sentry.op", "db")
	h.export(t,
		of(1, span('a', 'r', 60, checkout), span('b', 'r', 50, with("http.route", "/cart")), span('c', 'r', 40, checkout, db)),
		of(2, span('a', 'q', 59, below('r'), with("color", "red"))), // another project
		of(1, span('a', 's', 58, below('q'), db), span('b', 's', 49, below('r'), db), span('b', 'o', 48, below('z'), checkout)),
		of(1, span('e', 'l', 30, below('m'), db), span('e', 'm', 30, below('l'), checkout)), // a loop
	)
	for query, want := range map[string]string{
		`span.op:db ancestor:(http.route:"/checkout")`:                   "ea",
		`span.op:db parent:(http.route:"/checkout")`:                     "e",
		`span.op:db parent:(color:red parent:(http.route:"/checkout"))`:  "a",
		`http.route:"/checkout" child:(color:red)`:                       "a",
		`http.route:"/checkout" child:(child:(span.op:db))`:              "a",
		`span.op:db !ancestor:(http.route:"/checkout")`:                  "cb",
		`span.op:db NOT ancestor:(http.route:"/checkout" OR color:none)`: "cb",
		`has:parent_span !parent:(has:span.op)`:                          "b",
		`ancestor:(span.op:db http.route:"/checkout")`:                   "",
		`parent:(timestamp:-1d)`:                                         "eba",
	} {
		got := h.match(t, &tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{query}})
		if sorted(got) != sorted(want) {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
	shop := scope()
	shop.ProjectIds = []int64{1} // of the span that matches, not of its kin
	if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: shop, Queries: []string{"parent:(color:red)"}}); got != "a" {
		t.Errorf("under a span of another project: %q, want a", got)
	}
	late := &tracesv1.SpanScope{OrganizationId: 1, StartTime: timestamppb.New(now.Add(-58 * time.Second)), EndTime: timestamppb.New(now)}
	if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: late, Queries: []string{`span.op:db ancestor:(color:red)`}}); got != "a" {
		t.Errorf("under a span before the window: %q, want a", got)
	}
	list := &tracesv1.ListSpansRequest{Scope: scope(), TraceId: hexTrace('a'), Queries: []string{"ancestor:(span.description:\"span r\")"}}
	if got := h.listAll(t, list, 0); got != "qs" {
		t.Errorf("listed %q, want qs", got)
	}
}

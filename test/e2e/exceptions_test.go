package e2e

import (
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

// An application that speaks nothing but OpenTelemetry gets issues, also of what it sent while ingest was away.
func TestAnExceptionOfASpanMakesAnIssueWithItsTrace(t *testing.T) {
	t.Parallel()
	s := newStack(t, "")
	tracer, provider := s.tracer(t, "shop")
	fail := func(text string) string {
		_, span := tracer.Start(t.Context(), "GET /cart", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("http.route", "/cart")))
		span.RecordError(errors.New(text), trace.WithStackTrace(true))
		span.End()
		if err := provider.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		return span.SpanContext().TraceID().String()
	}
	traceID := fail("cart 1 is broken")
	var issue *issuesv1.Issue
	eventually(t, startTimeout, "the issue is there", func() bool {
		for title, found := range s.find(t, "tags[service]:shop") {
			if strings.Contains(title, "is broken") {
				issue = found
			}
		}
		return issue != nil
	})
	if issue.GetTimesSeen() != 1 || issue.GetCategory() != issuesv1.IssueCategory_ISSUE_CATEGORY_ERROR ||
		!strings.HasPrefix(issue.GetMetadata().GetFields()["function"].GetStringValue(), "TestAnExceptionOfASpanMakesAnIssueWithItsTrace") {
		t.Errorf("the issue is %v", issue)
	}
	tree, err := s.search.GetTrace(t.Context(), &searchv1.GetTraceRequest{OrganizationId: 1, TraceId: traceID})
	if err != nil {
		t.Fatal(err)
	}
	if got := tree.GetRoots()[0].GetIssues(); len(got) != 1 || got[0].GetIssueId() != issue.GetId() {
		t.Errorf("the span has the issues %v", got)
	}
	var counted []*tracesv1.TraceSummary
	if resp, err := s.search.SearchTraces(t.Context(), &searchv1.SearchTracesRequest{OrganizationId: 1}); err != nil {
		t.Fatal(err)
	} else if counted = resp.GetTraces(); len(counted) != 1 || counted[0].GetErrorCount() != 1 {
		t.Errorf("the trace is %v", counted)
	}

	s.services["ingest"].kill(t)
	fail("cart 2 is broken")
	s.services["traces"].kill(t)
	for _, name := range []string{"traces", "ingest"} {
		s.services[name].start(t)
		s.services[name].awaitServing(t)
	}
	eventually(t, 2*startTimeout, "the same issue is seen again", func() bool {
		for _, found := range s.find(t, "tags[service]:shop") {
			if found.GetId() == issue.GetId() && found.GetTimesSeen() == 2 {
				return true
			}
		}
		return false
	})
}

package server_test

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

var (
	oracleQueries = flag.Int("oracle.queries", 400, "how many random searches to compare with the oracle")
	oracleSeed    = flag.Uint64("oracle.seed", uint64(time.Now().UnixNano()), "seed of the random searches")
)

// The oracle answers a search by looking at every span with closures that a generator made beside the text of each
// query. It shares no code with the service.
func TestRandomSearchesFindWhatTheOracleFinds(t *testing.T) {
	t.Parallel()
	t.Logf("seed: -oracle.seed=%d", *oracleSeed)
	r := rand.New(rand.NewPCG(*oracleSeed, 1))
	h := newHouse(t)
	spans := randomSpans(r, 300)
	for _, req := range requestsOf(r, spans) {
		h.export(t, req)
	}
	found := 0
	for i := range *oracleQueries {
		if i == *oracleQueries/2 { // answers are the same afterwards
			h.mergeBlocks(t)
		}
		search := randomSearch(r, spans)
		spans[0].kin.from, spans[0].kin.to = search.from.Add(-24*time.Hour), search.to.Add(24*time.Hour)
		if !h.agrees(t, spans, search) || i%5 == 0 && !h.statsAgree(t, r, spans, search) {
			t.Fatalf("search %d: %s", i, search)
		}
		if len(search.matches(spans)) > 0 {
			found++
		}
	}
	t.Logf("%d of %d searches found something", found, *oracleQueries)
	if found < *oracleQueries/3 {
		t.Error("most of the searches ask for nothing that is there")
	}
}

// oracleSearch is a search in both forms.
type oracleSearch struct {
	req      *tracesv1.MatchTracesRequest
	from, to time.Time
	queries  []oracleQuery
	metric   func(*oracleSpan) bool // nil when none is asked for
}

func (o oracleSearch) String() string { return o.req.String() }

func randomSearch(r *rand.Rand, spans []*oracleSpan) oracleSearch {
	o := oracleSearch{from: now.Add(-time.Duration(1+r.IntN(12)) * time.Second), to: now.Add(time.Hour)}
	switch r.IntN(3) {
	case 0:
		o.from = now.Add(-80 * 24 * time.Hour)
	case 1:
		o.to = now.Add(-time.Duration(r.IntN(2)) * 500 * time.Millisecond)
	}
	o.from, o.to = o.from.Truncate(time.Microsecond), o.to.Truncate(time.Microsecond)
	scope := &tracesv1.SpanScope{OrganizationId: 1 + int64(r.IntN(5)/4), StartTime: timestamppb.New(o.from), EndTime: timestamppb.New(o.to)}
	if r.IntN(4) == 0 {
		scope.ProjectIds = []int64{1 + int64(r.IntN(3))}
	}
	if r.IntN(4) == 0 {
		scope.Environments = []string{pick(r, []string{"production", "staging"})}
	}
	o.req = &tracesv1.MatchTracesRequest{
		Scope: scope, Sort: tracesv1.TraceSort(r.IntN(4)), PageSize: pick(r, []int32{1, 2, 3, 5, 100}),
	}
	for range pick(r, []int{0, 1, 1, 1, 2, 2, 3}) {
		q := randomQuery(r, spans, 3)
		for scope.GetOrganizationId() == 2 && strings.Contains(q.text, "project:") { // those slugs are not its own
			q = randomQuery(r, spans, 1)
		}
		o.queries = append(o.queries, q)
		o.req.Queries = append(o.req.Queries, q.text)
	}
	if r.IntN(4) == 0 {
		o.req.Metric, o.metric = randomMetric(r, spans)
		for scope.GetOrganizationId() == 2 && strings.Contains(o.req.GetMetric().GetQuery(), "project:") {
			o.req.Metric, o.metric = randomMetric(r, spans)
		}
	}
	return o
}

func (h *house) agrees(t *testing.T, spans []*oracleSpan, search oracleSearch) bool {
	t.Helper()
	want := search.matches(spans)
	got := h.allPages(t, search.req)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("matches (-oracle +service):\n%s", diff)
		return false
	}
	if len(want) == 0 {
		return true
	}
	resp, err := h.DescribeTraces(t.Context(), &tracesv1.DescribeTracesRequest{
		Scope: search.req.GetScope(), TraceIds: traceIDs(want), Queries: search.req.GetQueries(),
	})
	if err != nil {
		t.Error(err)
		return false
	}
	var described []string
	for _, trace := range resp.GetTraces() {
		described = append(described, fmt.Sprintf("%s %d of %d, %d to %d", trace.GetTraceId(), trace.GetMatchingSpanCount(),
			trace.GetSpanCount(), trace.GetStartTime().AsTime().UnixNano(), trace.GetEndTime().AsTime().UnixNano()))
	}
	if diff := gocmp.Diff(search.describe(spans, traceIDs(want)), described); diff != "" {
		t.Errorf("descriptions (-oracle +service):\n%s", diff)
		return false
	}
	return true
}

// oracleMatch is a trace and the time that places it, in microseconds.
type oracleMatch struct {
	Trace string
	At    int64
}

func traceIDs(matches []oracleMatch) []string {
	ids := make([]string, len(matches))
	for i, m := range matches {
		ids[i] = m.Trace
	}
	return ids
}

func (h *house) allPages(t *testing.T, search *tracesv1.MatchTracesRequest) []oracleMatch {
	t.Helper()
	req := &tracesv1.MatchTracesRequest{
		Scope: search.GetScope(), Queries: search.GetQueries(), Metric: search.GetMetric(), Sort: search.GetSort(), PageSize: search.GetPageSize(),
	}
	var all []oracleMatch
	for {
		resp, err := h.MatchTraces(t.Context(), req)
		if err != nil {
			t.Fatalf("%v: %v", req, err)
		}
		for _, m := range resp.GetMatches() {
			all = append(all, oracleMatch{m.GetTraceId(), m.GetMatchedTime().AsTime().UnixMicro()})
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return all
		}
	}
}

func (o oracleSearch) looksAt(s *oracleSpan) bool {
	scope := o.req.GetScope()
	end := time.Unix(0, s.end).Truncate(time.Microsecond)
	return s.organization() == scope.GetOrganizationId() && !end.Before(o.from) && end.Before(o.to) &&
		(len(scope.GetProjectIds()) == 0 || slices.Contains(scope.GetProjectIds(), int64(s.project))) &&
		(len(scope.GetEnvironments()) == 0 || slices.Contains(scope.GetEnvironments(), s.text["environment"]))
}

// isNear tells whether a span belongs to the trace as a whole.
func (o oracleSearch) isNear(s *oracleSpan) bool {
	scope := o.req.GetScope()
	end := time.Unix(0, s.end).Truncate(time.Microsecond)
	return s.organization() == scope.GetOrganizationId() && !end.Before(o.from.Add(-24*time.Hour)) && end.Before(o.to.Add(24*time.Hour)) &&
		(len(scope.GetEnvironments()) == 0 || slices.Contains(scope.GetEnvironments(), s.text["environment"]))
}

func (o oracleSearch) matches(spans []*oracleSpan) []oracleMatch {
	type found struct {
		oracleMatch
		took int64
	}
	var all []found
	for _, trace := range tracesOf(spans) {
		m := found{oracleMatch: oracleMatch{Trace: fmt.Sprintf("%x", trace[0].trace)}}
		satisfied, hasSample := make([]bool, len(o.queries)), o.metric == nil
		oldest, newest, start, end := int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64), int64(math.MinInt64)
		for _, s := range trace {
			if o.isNear(s) {
				start, end = min(start, s.start), max(end, s.end)
			}
			if !o.looksAt(s) {
				continue
			}
			isSample := o.metric != nil && o.metric(s)
			hasSample = hasSample || isSample
			matches := len(o.queries) == 0 && (isSample || o.metric == nil)
			for i, q := range o.queries {
				if q.holds(s) {
					satisfied[i], matches = true, true
				}
			}
			if matches {
				oldest, newest = min(oldest, s.end/1000), max(newest, s.end/1000)
			}
		}
		if newest == math.MinInt64 || !hasSample || slices.Contains(satisfied, false) {
			continue
		}
		m.At, m.took = newest, end-start
		if o.req.GetSort() == tracesv1.TraceSort_TRACE_SORT_OLDEST {
			m.At = oldest
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b found) int {
		switch o.req.GetSort() {
		case tracesv1.TraceSort_TRACE_SORT_OLDEST:
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Trace, b.Trace))
		case tracesv1.TraceSort_TRACE_SORT_LONGEST:
			return cmp.Or(cmp.Compare(b.took, a.took), cmp.Compare(b.Trace, a.Trace))
		}
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.Trace, a.Trace))
	})
	var matches []oracleMatch
	for _, m := range all {
		matches = append(matches, m.oracleMatch)
	}
	return matches
}

func (o oracleSearch) describe(spans []*oracleSpan, ids []string) []string {
	byID := tracesOf(spans)
	var described []string
	for _, id := range ids {
		count, matching, start, end := 0, 0, int64(math.MaxInt64), int64(math.MinInt64)
		for _, s := range byID[id] {
			if !o.isNear(s) {
				continue
			}
			count++
			start, end = min(start, s.start), max(end, s.end)
			if o.wants(s) {
				matching++
			}
		}
		described = append(described, fmt.Sprintf("%s %d of %d, %d to %d", id, matching, count, start, end))
	}
	return described
}

func tracesOf(spans []*oracleSpan) map[string][]*oracleSpan {
	byID := map[string][]*oracleSpan{}
	for _, s := range spans {
		id := fmt.Sprintf("%x", s.trace)
		byID[id] = append(byID[id], s)
	}
	return byID
}

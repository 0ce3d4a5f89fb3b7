package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func (h *house) spanCount(t *testing.T, organizationID int64, trace byte) int64 {
	t.Helper()
	resp, err := h.GetTrace(t.Context(), &tracesv1.GetTraceRequest{OrganizationId: organizationID, TraceId: hexTrace(trace)})
	if status.Code(err) == codes.NotFound {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetSpanCount()
}

func TestASpanIsFoundAsSoonAsItsExportIsAcknowledged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, compressor := range []string{"identity", gzip.Name, "zstd", "zstd"} {
		letter := byte('a' + i)
		if _, err := h.Export(t.Context(), of(1, span(letter, 'r', 60)), grpc.UseCompressor(compressor)); err != nil {
			t.Fatalf("%s: %v", compressor, err)
		}
		if got := h.spanCount(t, 1, letter); got != 1 {
			t.Errorf("%s: %d spans, want 1", compressor, got)
		}
	}
	if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: scope()}); got != "dcba" {
		t.Errorf("found %q, want dcba", got)
	}
}

func TestARepeatedExportIsStoredOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := of(1, span('a', 'r', 60), span('a', 'c', 60, below('r')))
	h.export(t, req, req, of(1, span('a', 'c', 60, below('r')), span('a', 'd', 60, below('r')))) // again, and in another batch
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			if _, err := h.Export(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	if got := h.spanCount(t, 1, 'a'); got != 3 {
		t.Errorf("%d spans, want 3", got)
	}
}

func TestBadSpansAreRejectedOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := span('a', 'o', 0)
	old.StartTimeUnixNano, old.EndTimeUnixNano = 1, uint64(now.Add(-retention-time.Hour).UnixNano())
	resp, err := h.Export(t.Context(), of(1,
		span('a', 'g', 60),
		span('a', 'x', 60, func(s *tracev1.Span) { s.TraceId = make([]byte, 16) }),
		span('a', 'y', 60, func(s *tracev1.Span) { s.SpanId = s.GetSpanId()[:4] }),
		span('a', 'z', 60, func(s *tracev1.Span) { s.SpanId = nil }),
		span('a', 'w', 60, lasting(-time.Second)),
		span('a', 'f', -90_000),
		old,
	))
	if err != nil {
		t.Fatal(err)
	}
	partial := resp.GetPartialSuccess()
	want := []string{
		"2: the span id is not 8 bytes or all of them are zero (bad_span_id)",
		"1: the trace id is not 16 bytes or all of them are zero (bad_trace_id)",
		"1: the span ends before it starts (end_before_start)",
		"1: the span ends more than 24 hours from now (in_future)",
		"1: the span is older than the retention time (too_old)",
	}
	if diff := cmp.Diff(want, strings.Split(partial.GetErrorMessage(), "; ")); diff != "" || partial.GetRejectedSpans() != 6 {
		t.Errorf("%d rejected\n%s", partial.GetRejectedSpans(), diff)
	}
	if got := h.spanCount(t, 1, 'a'); got != 1 {
		t.Errorf("%d spans, want the good one", got)
	}
}

func TestTheProjectOfASpan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	unnamed := func(letter byte) *collectorv1.ExportTraceServiceRequest {
		req := of(1, span(letter, 'r', 60))
		req.ResourceSpans[0].Resource = nil
		return req
	}
	for name, tc := range map[string]struct {
		metadata string
		req      *collectorv1.ExportTraceServiceRequest
		trace    byte
		org      int64
		reason   string
	}{
		"is named by its resource":            {req: of(1, span('a', 'r', 60)), trace: 'a', org: 1},
		"is named by the call":                {metadata: "3", req: unnamed('b'), trace: 'b', org: 2},
		"is the resource's before the call's": {metadata: "3", req: of(1, span('c', 'r', 60)), trace: 'c', org: 1},
		"must be named":                       {req: unnamed('d'), reason: "no_project"},
		"must exist":                          {req: of(99, span('e', 'r', 60)), reason: "unknown_project"},
		"must be a number":                    {metadata: "shop", req: unnamed('f'), reason: "bad_project_id"},
		"must be a positive number":           {req: of(-1, span('g', 'r', 60)), reason: "bad_project_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if tc.metadata != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "picket-project-id", tc.metadata)
			}
			resp, err := h.Export(ctx, tc.req)
			if err != nil {
				t.Fatal(err)
			}
			if message := resp.GetPartialSuccess().GetErrorMessage(); !strings.Contains(message, tc.reason) || (message == "") != (tc.reason == "") {
				t.Errorf("rejected with %q, want %q", message, tc.reason)
			}
			if tc.trace != 0 && h.spanCount(t, tc.org, tc.trace) != 1 {
				t.Error("the span is not in its organization")
			}
		})
	}
}

func TestOneUnknownProjectDoesNotHurtTheOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := of(1, span('a', 'r', 60))
	req.ResourceSpans = append(req.ResourceSpans, group(99, span('a', 'x', 60), span('a', 'y', 60)))
	resp, err := h.Export(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.GetPartialSuccess().GetRejectedSpans(); got != 2 {
		t.Errorf("%d rejected, want 2", got)
	}
	if got := h.spanCount(t, 1, 'a'); got != 1 {
		t.Errorf("%d spans, want 1", got)
	}
}

func TestWithoutTheDirectoryTheSenderIsAskedToTryAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.directory.down.Store(true)
	_, err := h.Export(t.Context(), of(1, span('a', 'r', 60)))
	s := status.Convert(err)
	if s.Code() != codes.Unavailable || !hasRetryInfo(s) {
		t.Fatalf("got %v %v, want UNAVAILABLE with RetryInfo", err, s.Details())
	}
	h.directory.down.Store(false)
	h.export(t, of(1, span('a', 'r', 60)))
}

// A full queue says when to come again, and what comes again is stored.
func TestAFullDoorAsksToTryAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'z', 60))) // makes the partitions
	tx, err := h.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "LOCK TABLE traces.span_blocks IN SHARE MODE"); err != nil { // nothing can be written
		t.Fatal(err)
	}
	const calls = 700
	var full, stored atomic.Int64
	var senders sync.WaitGroup
	release := make(chan struct{})
	go func() {
		<-release
		tx.Rollback(context.WithoutCancel(t.Context()))
	}()
	var once sync.Once
	for i := range calls {
		senders.Go(func() {
			req := of(1, span('a', 'r', 60, func(s *tracev1.Span) { s.SpanId = fmt.Appendf(nil, "span%04d", i) }))
			_, err := h.Export(t.Context(), req)
			for err != nil {
				s := status.Convert(err)
				if s.Code() != codes.ResourceExhausted || !hasRetryInfo(s) {
					t.Errorf("got %v %v, want RESOURCE_EXHAUSTED with RetryInfo", err, s.Details())
					return
				}
				full.Add(1)
				once.Do(func() { close(release) })
				_, err = h.Export(t.Context(), req)
			}
			stored.Add(1)
		})
	}
	senders.Wait()
	if full.Load() == 0 || stored.Load() != calls {
		t.Errorf("%d refused, %d of %d stored", full.Load(), stored.Load(), calls)
	}
	if got := h.spanCount(t, 1, 'a'); got != calls+1 {
		t.Errorf("%d spans, want %d", got, calls+1)
	}
}

func hasRetryInfo(s *status.Status) bool {
	for _, detail := range s.Details() {
		if _, ok := detail.(*errdetails.RetryInfo); ok {
			return true
		}
	}
	return false
}

func TestATraceIDNeverCrossesOrganizations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'r', 60)), of(2, span('a', 'p', 60, below('r'))), of(3, span('a', 'r', 60), span('a', 'o', 60, below('r'))))
	for organizationID, want := range map[int64]int64{1: 2, 2: 2, 3: 0} {
		if got := h.spanCount(t, organizationID, 'a'); got != want {
			t.Errorf("organization %d sees %d spans, want %d", organizationID, got, want)
		}
		s := scope()
		s.OrganizationId = organizationID
		resp, err := h.DescribeTraces(t.Context(), &tracesv1.DescribeTracesRequest{Scope: s, TraceIds: []string{hexTrace('a')}})
		if err != nil {
			t.Fatal(err)
		}
		if want == 0 {
			if len(resp.GetTraces()) != 0 {
				t.Errorf("organization %d sees %v", organizationID, resp)
			}
		} else if got := resp.GetTraces()[0].GetSpanCount(); got != want {
			t.Errorf("organization %d counts %d spans, want %d", organizationID, got, want)
		}
	}
	s := scope()
	s.ProjectIds = []int64{3} // of the other organization
	if got := h.match(t, &tracesv1.MatchTracesRequest{Scope: s}); got != "" {
		t.Errorf("found %q in another organization's project", got)
	}
}

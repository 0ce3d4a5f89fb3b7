package server_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

const (
	traceID   = "0af7651916cd43dd8448eb211c80319c"
	bareTrace = "1af7651916cd43dd8448eb211c80319c"
	spanID    = "b7ad6b7169203331"
)

func seedTrace(t *testing.T, w *world) {
	t.Helper()
	w.Project(t, 1, 1, "backend")
	w.Project(t, 1, 2, "web-shop")
	w.Project(t, 2, 3, "elsewhere")
	for id, project := range map[int64]int64{1: 1, 2: 2, 3: 3} {
		w.Group(t, storetest.Group{Project: project, ID: id})
	}
	w.Event(t, storetest.Event{Group: 1, Trace: traceID, Span: spanID, ID: hex.EncodeToString(make([]byte, 16))})
	w.Event(t, storetest.Event{Group: 1, Trace: traceID, Span: spanID, Ago: time.Hour})
	w.Event(t, storetest.Event{Project: 2, Group: 2, Trace: traceID, Kind: 1, ID: eventID})
	w.Event(t, storetest.Event{Project: 3, Group: 3, Trace: traceID, Span: spanID})
	w.traces.order = []string{traceID, bareTrace}
	w.traces.trees = map[string][]*tracesv1.TraceNode{traceID: {{
		Span:     &tracesv1.Span{SpanId: "00f067aa0ba902b7"},
		Children: []*tracesv1.TraceNode{{Span: &tracesv1.Span{SpanId: spanID}}},
	}}}
}

func TestTracesTellHowManyErrorsAndOccurrencesTheyHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTrace(t, w)
	req := &searchv1.SearchTracesRequest{
		OrganizationId: 1, ProjectIds: []int64{1}, Queries: []string{"span.op:db"}, PageSize: 500, PageToken: "token",
	}
	resp, err := w.SearchTraces(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &searchv1.SearchTracesResponse{
		Traces: []*tracesv1.TraceSummary{
			{TraceId: traceID, Name: "GET /", ErrorCount: 2, OccurrenceCount: 1},
			{TraceId: bareTrace, Name: "GET /"},
		},
		NextPageToken: "more",
	}, resp)
	diffProto(t, &tracesv1.MatchTracesRequest{
		Scope:   &tracesv1.SpanScope{OrganizationId: 1, ProjectIds: []int64{1}},
		Queries: []string{"span.op:db"}, PageSize: 100, PageToken: "token",
	}, w.traces.asked)
}

func TestSpansAreThoseOfTheTracesService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTrace(t, w)
	metric := &tracesv1.MetricCondition{Mri: "d:spans/duration@millisecond"}
	req := &searchv1.ListTraceSpansRequest{
		OrganizationId: 1, ProjectIds: []int64{2}, TraceId: strings.ToUpper(traceID), Queries: []string{"span.op:db"}, Sort: []string{"-span.duration"},
		PageSize: 5, PageToken: "token", Metric: metric, Fields: []string{"span.op"},
	}
	resp, err := w.ListTraceSpans(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &searchv1.ListTraceSpansResponse{Spans: []*tracesv1.Span{{SpanId: "00f067aa0ba902b7"}}, NextPageToken: "more"}, resp)
	diffProto(t, &tracesv1.ListSpansRequest{
		Scope: &tracesv1.SpanScope{OrganizationId: 1, ProjectIds: []int64{2}}, TraceId: traceID, Queries: []string{"span.op:db"}, Sort: []string{"-span.duration"},
		PageSize: 5, PageToken: "token", Metric: metric, Fields: []string{"span.op"},
	}, w.traces.listed)
	req.ProjectIds = []int64{3}
	if _, err = w.ListTraceSpans(t.Context(), req); status.Code(err) != codes.NotFound {
		t.Errorf("of another organization's project: %v, want NOT_FOUND", err)
	}
}

func TestSeriesOverSpansAreThoseOfTheTracesService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTrace(t, w)
	start := timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	resp, err := w.GetTraceStats(t.Context(), &searchv1.GetTraceStatsRequest{
		OrganizationId: 1, ProjectIds: []int64{2}, Environments: []string{"production"}, Queries: []string{"span.op:db"},
		YAxes: []string{"p95()"}, IntervalSeconds: 60, StartTime: start,
	})
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &searchv1.GetTraceStatsResponse{Series: []*tracesv1.SpanSeries{{YAxis: "p95()", Points: []*tracesv1.SpanSeriesPoint{{Value: 5}}}}}, resp)
	diffProto(t, &tracesv1.GetStatsRequest{
		Scope:   &tracesv1.SpanScope{OrganizationId: 1, ProjectIds: []int64{2}, Environments: []string{"production"}, StartTime: start},
		Queries: []string{"span.op:db"}, YAxes: []string{"p95()"}, IntervalSeconds: 60,
	}, w.traces.stats)
	_, err = w.GetTraceStats(t.Context(), &searchv1.GetTraceStatsRequest{OrganizationId: 1, YAxes: []string{"count()"}, StartTime: start, EndTime: start})
	if field, _ := violation(err); field != "start_time" {
		t.Errorf("a window without length: %v", err)
	}
	_, err = w.GetTraceStats(t.Context(), &searchv1.GetTraceStatsRequest{OrganizationId: 1, ProjectIds: []int64{3}, YAxes: []string{"count()"}})
	if status.Code(err) != codes.NotFound {
		t.Errorf("of another organization's project: %v, want NOT_FOUND", err)
	}
}

func TestRefusalsOfTheTracesServiceReachTheCallerWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTrace(t, w)
	w.traces.refusal = grpcserver.StatusOf(fault.InvalidField("queries[0]", "column 3: what")).Err()
	_, err := w.SearchTraces(t.Context(), &searchv1.SearchTracesRequest{OrganizationId: 1})
	if field, description := violation(err); field != "queries[0]" || description != "column 3: what" {
		t.Errorf("got %v", err)
	}
}

func TestATraceHasItsIssuesOnItsSpans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seedTrace(t, w)
	resp, err := w.GetTrace(t.Context(), &searchv1.GetTraceRequest{OrganizationId: 1, TraceId: "0AF7651916CD43DD8448EB211C80319C"})
	if err != nil {
		t.Fatal(err)
	}
	diffProto(t, &searchv1.GetTraceResponse{
		Roots: []*tracesv1.TraceNode{{
			Span: &tracesv1.Span{SpanId: "00f067aa0ba902b7"},
			Children: []*tracesv1.TraceNode{{
				Span: &tracesv1.Span{SpanId: spanID},
				Issues: []*tracesv1.SpanIssue{{
					IssueId: 1, ShortId: "BACKEND-1", Title: "Title 1", EventId: hex.EncodeToString(make([]byte, 16)), ProjectId: 1,
				}},
			}},
		}},
		SpanCount:   2,
		OtherIssues: []*tracesv1.SpanIssue{{IssueId: 2, ShortId: "WEB-SHOP-2", Title: "Title 2", EventId: eventID, ProjectId: 2}},
	}, resp)
	_, err = w.GetTrace(t.Context(), &searchv1.GetTraceRequest{OrganizationId: 1, TraceId: bareTrace})
	if status.Code(err) != codes.NotFound {
		t.Errorf("got %v, want NOT_FOUND", err)
	}
}

package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/services/traces/internal/store"
)

// readings are all ways to read spans.
func (h *house) readings() map[string]func(context.Context) error {
	id := hexTrace('a')
	return map[string]func(context.Context) error{
		"match": func(ctx context.Context) error {
			_, err := h.MatchTraces(ctx, &tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"color:red"}})
			return err
		},
		"match several": func(ctx context.Context) error {
			_, err := h.MatchTraces(ctx, &tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"color:red", "span.duration:>1s"}})
			return err
		},
		"match by kin": func(ctx context.Context) error {
			_, err := h.MatchTraces(ctx, &tracesv1.MatchTracesRequest{Scope: scope(), Queries: []string{"parent:(color:red)"}})
			return err
		},
		"describe": func(ctx context.Context) error {
			_, err := h.DescribeTraces(ctx, &tracesv1.DescribeTracesRequest{Scope: scope(), TraceIds: []string{id}})
			return err
		},
		"list": func(ctx context.Context) error {
			_, err := h.ListSpans(ctx, &tracesv1.ListSpansRequest{Scope: scope(), TraceId: id})
			return err
		},
		"stats": func(ctx context.Context) error {
			_, err := h.GetStats(ctx, &tracesv1.GetStatsRequest{Scope: scope(), YAxes: []string{"count()"}})
			return err
		},
		"trace": func(ctx context.Context) error {
			_, err := h.GetTrace(ctx, &tracesv1.GetTraceRequest{OrganizationId: 1, TraceId: id})
			return err
		},
	}
}

// whileLocked runs tests while nobody can read spans.
func (h *house) whileLocked(t *testing.T, test func()) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "LOCK TABLE traces.span_blocks"); err != nil {
			return err
		}
		test()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAReadingThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	clock := func() time.Time { return now }
	h := newHouseWith(t, clock, store.Limits{SearchTime: 50 * time.Millisecond, ErrorEvents: 1})
	h.export(t, of(1, span('a', 'a', 60)))
	h.whileLocked(t, func() {
		for name, read := range h.readings() {
			s := status.Convert(read(t.Context()))
			if s.Code() != codes.ResourceExhausted || !strings.Contains(s.Message(), "longer than 50ms; narrow its time range") {
				t.Errorf("%s: %v", name, s)
			}
			reason, retry := "", time.Duration(0)
			for _, detail := range s.Details() {
				switch detail := detail.(type) {
				case *errdetails.ErrorInfo:
					reason = detail.GetReason()
				case *errdetails.RetryInfo:
					retry = detail.GetRetryDelay().AsDuration()
				}
			}
			if reason != "SEARCH_TIMED_OUT" || retry != time.Minute {
				t.Errorf("%s: the reason is %q, to be tried again after %v", name, reason, retry)
			}
		}
	})
	patient := *h // over the same connections: a busy machine may take more than the limit for what is free to be read
	patient.TracesServiceClient = patient.reads(t, store.DefaultLimits, clock)
	for name, read := range patient.readings() {
		if err := read(t.Context()); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
}

func TestAReadingEndsWithItsCall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.export(t, of(1, span('a', 'a', 60)))
	h.whileLocked(t, func() {
		for name, read := range h.readings() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if code := status.Code(read(ctx)); code != codes.DeadlineExceeded {
				t.Errorf("%s: %v", name, code)
			}
			cancel()
		}
	})
}

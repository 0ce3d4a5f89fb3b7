package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func (h *house) blocks(t *testing.T) (count int) {
	t.Helper()
	if err := h.pool.QueryRow(t.Context(), "SELECT count(*) FROM traces.span_blocks").Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}

func (h *house) mergeBlocks(t *testing.T) {
	t.Helper()
	before := h.blocks(t)
	steps, err := h.spans.MergeBlocks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d steps made %d blocks of %d", steps, h.blocks(t), before)
	if h.blocks(t) >= before/2 {
		t.Errorf("%d of %d blocks are left", h.blocks(t), before)
	}
}

// Mergers that die at any moment, writers and readers see every span once.
func TestMergesLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	const requests, spans = 300, 5
	request := func(i int) []*tracev1.Span {
		var some []*tracev1.Span
		for j := range spans {
			some = append(some, span('a', 'x', 60+i%50, func(s *tracev1.Span) { s.SpanId = fmt.Appendf(nil, "sp%04d%02d", i, j) }))
		}
		return some
	}
	for i := range requests {
		h.export(t, of(1, request(i)...))
	}
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for merger := range 3 {
		r := rand.New(rand.NewPCG(seed, uint64(merger)))
		others.Go(func() {
			for ctx.Err() == nil {
				short, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(30_000))*time.Microsecond)
				h.spans.MergeBlocks(short) //nolint:errcheck // it died
				cancel()
			}
		})
	}
	for i := range 20 {
		if got := h.spanCount(t, 1, 'a'); got != requests*spans {
			t.Errorf("%d spans, want %d", got, requests*spans)
		}
		h.export(t, of(1, request(i)...)) // again, although its block may be gone
	}
	stop()
	others.Wait()
	// A merger that died may hold its blocks until the database has noticed.
	for deadline := time.Now().Add(time.Minute); h.blocks(t) > 70; {
		if _, err := h.spans.MergeBlocks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d blocks are left, want a few", h.blocks(t))
		}
	}
	if got := h.spanCount(t, 1, 'a'); got != requests*spans {
		t.Errorf("%d spans, want %d", got, requests*spans)
	}
	resp, err := h.DescribeTraces(t.Context(), &tracesv1.DescribeTracesRequest{Scope: scope(), TraceIds: []string{hexTrace('a')}})
	if err != nil || resp.GetTraces()[0].GetSpanCount() != requests*spans {
		t.Errorf("described as %v, %v", resp, err)
	}
}

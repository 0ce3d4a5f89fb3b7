// Package batch gathers concurrent calls into batches, so that one fsync and one round trip pay for many.
package batch

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/picket-io/picket/pkg/fault"
)

const scope = "picket/batch"

// Limits bound a Coalescer.
type Limits struct {
	Workers    int           // batches under way at once
	Items      int           // items of a batch
	Bytes      int           // bytes of a batch, by the size function; one larger item makes a batch of its own
	Queue      int           // items that wait; one more is refused
	QueueBytes int           // bytes that wait; an item that makes them more is refused, but for a lone one
	Timeout    time.Duration // time that a batch may take
}

// Result is what became of one item.
type Result[Out any] struct {
	Value Out
	Err   error
}

// Coalescer gathers items while its workers are busy and never waits when they are idle: a lone item goes at once.
type Coalescer[In, Out any] struct {
	limits  Limits
	size    func(In) int
	do      func(context.Context, []In) []Result[Out]
	queue   chan *call[In, Out]
	waiting atomic.Int64 // bytes
}

type call[In, Out any] struct {
	ctx  context.Context
	item In
	size int
	done chan Result[Out] // holds one result, so that a worker never waits for a caller who left
}

// New makes a coalescer of a function that answers one result for each item of a batch, in its order.
func New[In, Out any](limits Limits, size func(In) int, do func(context.Context, []In) []Result[Out]) *Coalescer[In, Out] {
	return &Coalescer[In, Out]{limits: limits, size: size, do: do, queue: make(chan *call[In, Out], limits.Queue)}
}

// Do hands an item in and waits for its result. An item whose context has ended before its batch forms is left
// out; once it is in a batch it is carried out, even if the caller is gone. A full queue is an Exhausted fault.
func (c *Coalescer[In, Out]) Do(ctx context.Context, item In) (Out, error) {
	pending := &call[In, Out]{ctx: ctx, item: item, size: c.size(item), done: make(chan Result[Out], 1)}
	var none Out
	if !c.enqueue(pending) {
		return none, fault.Full(100*time.Millisecond, "the queue of %d items and %d bytes is full", c.limits.Queue, c.limits.QueueBytes)
	}
	select {
	case result := <-pending.done:
		return result.Value, result.Err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func (c *Coalescer[In, Out]) enqueue(pending *call[In, Out]) bool {
	size := int64(pending.size)
	if sum := c.waiting.Add(size); sum <= int64(c.limits.QueueBytes) || sum == size {
		select {
		case c.queue <- pending:
			return true
		default:
		}
	}
	c.waiting.Add(-size)
	return false
}

// Run carries batches out until ctx ends and the queue is empty. Stop the callers first.
func (c *Coalescer[In, Out]) Run(ctx context.Context) error {
	stopped := make(chan struct{})
	for range c.limits.Workers {
		go func() {
			c.work(ctx)
			stopped <- struct{}{}
		}()
	}
	for range c.limits.Workers {
		<-stopped
	}
	return nil
}

func (c *Coalescer[In, Out]) work(ctx context.Context) {
	var held *call[In, Out] // did not fit into the batch before
	for {
		first := held
		if first == nil {
			if first = c.next(ctx); first == nil {
				return
			}
		}
		var calls []*call[In, Out]
		calls, held = c.gather(first)
		c.carryOut(calls)
	}
}

// next waits for an item. After ctx has ended it takes what is queued and then gives nil.
func (c *Coalescer[In, Out]) next(ctx context.Context) *call[In, Out] {
	select {
	case pending := <-c.queue:
		return pending
	case <-ctx.Done():
		select {
		case pending := <-c.queue:
			return pending
		default:
			return nil
		}
	}
}

func (c *Coalescer[In, Out]) gather(first *call[In, Out]) (calls []*call[In, Out], held *call[In, Out]) {
	bytes := 0
	for pending := first; ; {
		if len(calls) > 0 && bytes+pending.size > c.limits.Bytes {
			return calls, pending
		}
		c.waiting.Add(-int64(pending.size))
		if pending.ctx.Err() == nil {
			calls = append(calls, pending)
			bytes += pending.size
		}
		if len(calls) >= c.limits.Items {
			return calls, nil
		}
		select {
		case pending = <-c.queue:
		default:
			return calls, nil
		}
	}
}

func (c *Coalescer[In, Out]) carryOut(calls []*call[In, Out]) {
	if len(calls) == 0 {
		return
	}
	// The batch belongs to many callers: none of them, and not the stop of the process either, cuts it short. It is
	// seen in the trace of the first.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(calls[0].ctx), c.limits.Timeout)
	defer cancel()
	ctx, span := startSpan(ctx, calls)
	defer span.End()
	items := make([]In, len(calls))
	for i, pending := range calls {
		items[i] = pending.item
	}
	for i, result := range c.recovered(ctx, items) {
		calls[i].done <- result
	}
}

// startSpan continues the trace of a lone caller; a batch of several has its own, linked to theirs.
func startSpan[In, Out any](ctx context.Context, calls []*call[In, Out]) (context.Context, trace.Span) {
	if len(calls) == 1 {
		caller := trace.SpanFromContext(calls[0].ctx)
		return otel.Tracer(scope).Start(trace.ContextWithSpan(ctx, caller), "batch")
	}
	var links []trace.Link
	for _, pending := range calls {
		if caller := trace.SpanContextFromContext(pending.ctx); caller.IsValid() {
			links = append(links, trace.Link{SpanContext: caller})
		}
	}
	return otel.Tracer(scope).Start(ctx, "batch", trace.WithLinks(links...))
}

// recovered makes a panic the error of every item of the batch: it happens outside of any call, and would end the
// process for the sake of one item.
func (c *Coalescer[In, Out]) recovered(ctx context.Context, items []In) (results []Result[Out]) {
	defer func() {
		if p := recover(); p != nil {
			results = make([]Result[Out], len(items))
			for i := range results {
				results[i].Err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}
	}()
	return c.do(ctx, items)
}

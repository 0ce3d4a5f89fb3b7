// Package batch gathers concurrent calls into batches, so that one fsync and one round trip pay for many.
package batch

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
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
	Patience   time.Duration // time that an item may wait for others while larger batches are under way
	Timeout    time.Duration // time that a batch may take
}

// Result is what became of one item.
type Result[Out any] struct {
	Value Out
	Err   error
}

// Coalescer gathers items while others are under way and never waits when nothing is: a lone item goes at once. A batch
// beside others begins when as many items wait as are under way, or when one has waited for as long as Patience says.
// Without that, those whose callers come back first would make small batches, each of which costs a commit.
type Coalescer[In, Out any] struct {
	limits Limits
	size   func(In) int
	do     func(context.Context, []In) []Result[Out]

	mu       sync.Mutex
	changed  sync.Cond // a batch may begin, or Run is to end
	queue    []*call[In, Out]
	waiting  int  // bytes in the queue
	underWay int  // items in batches
	timed    bool // a timer will look at the queue
	stopping bool
}

type call[In, Out any] struct {
	ctx   context.Context
	item  In
	size  int
	since time.Time
	done  chan Result[Out] // holds one result, so that a worker never waits for a caller who left
}

// New makes a coalescer of a function that answers one result for each item of a batch, in its order.
func New[In, Out any](limits Limits, size func(In) int, do func(context.Context, []In) []Result[Out]) *Coalescer[In, Out] {
	c := &Coalescer[In, Out]{limits: limits, size: size, do: do}
	c.changed.L = &c.mu
	return c
}

// Do hands an item in and waits for its result. An item whose context has ended before its batch forms is left
// out; once it is in a batch it is carried out, even if the caller is gone. A full queue is an Exhausted fault.
func (c *Coalescer[In, Out]) Do(ctx context.Context, item In) (Out, error) {
	pending := &call[In, Out]{ctx: ctx, item: item, size: c.size(item), since: time.Now(), done: make(chan Result[Out], 1)}
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) >= c.limits.Queue || len(c.queue) > 0 && c.waiting+pending.size > c.limits.QueueBytes {
		return false
	}
	c.queue = append(c.queue, pending)
	c.waiting += pending.size
	c.wake()
	return true
}

// wake has a worker look at the queue, now or when its oldest item has waited long enough.
func (c *Coalescer[In, Out]) wake() {
	switch {
	case c.ready():
		c.changed.Signal()
	case len(c.queue) > 0 && !c.timed:
		c.timed = true
		time.AfterFunc(time.Until(c.queue[0].since.Add(c.limits.Patience)), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.timed = false
			c.wake()
		})
	}
}

// few items under way are no reason to wait for more.
const few = 8

// ready tells whether a batch is to begin, if there is a worker for it.
func (c *Coalescer[In, Out]) ready() bool {
	n := len(c.queue)
	enough := c.underWay <= few || n >= min(c.underWay, c.limits.Items) || c.waiting >= c.limits.Bytes
	return n > 0 && (enough || c.stopping || time.Since(c.queue[0].since) >= c.limits.Patience)
}

// Run carries batches out until ctx ends and the queue is empty. Stop the callers first.
func (c *Coalescer[In, Out]) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	for range c.limits.Workers {
		workers.Go(c.work)
	}
	<-ctx.Done()
	c.mu.Lock()
	c.stopping = true
	c.mu.Unlock()
	c.changed.Broadcast()
	workers.Wait()
	return nil
}

func (c *Coalescer[In, Out]) work() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for !c.ready() {
			if c.stopping {
				return
			}
			c.changed.Wait()
		}
		calls := c.gather()
		c.underWay += len(calls)
		c.wake() // for what is left
		c.mu.Unlock()
		c.carryOut(calls)
		c.mu.Lock()
		c.underWay -= len(calls)
	}
}

// gather takes a batch from the queue. Of those whose caller has left it takes none.
func (c *Coalescer[In, Out]) gather() (calls []*call[In, Out]) {
	bytes, n := 0, 0
	for ; n < len(c.queue) && len(calls) < c.limits.Items; n++ {
		pending := c.queue[n]
		if len(calls) > 0 && bytes+pending.size > c.limits.Bytes {
			break
		}
		c.waiting -= pending.size
		if pending.ctx.Err() == nil {
			calls = append(calls, pending)
			bytes += pending.size
		}
	}
	c.queue = slices.Delete(c.queue, 0, n)
	return calls
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

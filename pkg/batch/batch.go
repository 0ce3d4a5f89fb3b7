// Package batch gathers concurrent calls into batches, so that one fsync and one round trip pay for many.
package batch

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/picket-io/picket/pkg/fault"
)

// Limits bound a Coalescer.
type Limits struct {
	Workers int           // batches under way at once
	Items   int           // items of a batch
	Bytes   int           // bytes of a batch, by the size function; one larger item makes a batch of its own
	Queue   int           // items that wait; one more is refused
	Timeout time.Duration // time that a batch may take
}

// Result is what became of one item.
type Result[Out any] struct {
	Value Out
	Err   error
}

// Coalescer gathers items while its workers are busy and never waits when they are idle: a lone item goes at once.
type Coalescer[In, Out any] struct {
	limits Limits
	size   func(In) int
	do     func(context.Context, []In) []Result[Out]
	queue  chan *call[In, Out]
}

type call[In, Out any] struct {
	ctx  context.Context
	item In
	done chan Result[Out] // holds one result, so that a worker never waits for a caller who left
}

// New makes a coalescer of a function that answers one result for each item of a batch, in its order.
func New[In, Out any](limits Limits, size func(In) int, do func(context.Context, []In) []Result[Out]) *Coalescer[In, Out] {
	return &Coalescer[In, Out]{limits: limits, size: size, do: do, queue: make(chan *call[In, Out], limits.Queue)}
}

// Do hands an item in and waits for its result. An item whose context has ended before its batch forms is left
// out; once it is in a batch it is carried out, even if the caller is gone. A full queue is an Exhausted fault.
func (c *Coalescer[In, Out]) Do(ctx context.Context, item In) (Out, error) {
	pending := &call[In, Out]{ctx: ctx, item: item, done: make(chan Result[Out], 1)}
	var none Out
	select {
	case c.queue <- pending:
	default:
		return none, fault.Full(100*time.Millisecond, "the queue of %d items is full", c.limits.Queue)
	}
	select {
	case result := <-pending.done:
		return result.Value, result.Err
	case <-ctx.Done():
		return none, ctx.Err()
	}
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
		if pending.ctx.Err() == nil {
			size := c.size(pending.item)
			if len(calls) > 0 && bytes+size > c.limits.Bytes {
				return calls, pending
			}
			calls = append(calls, pending)
			bytes += size
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
	items := make([]In, len(calls))
	for i, pending := range calls {
		items[i] = pending.item
	}
	for i, result := range c.recovered(ctx, items) {
		calls[i].done <- result
	}
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

// Package lanes carries work out in order within a key, such as a project, and in parallel across keys. What comes
// for a key while its lane is busy waits and is then carried out together.
package lanes

import (
	"context"
	"sync"
	"time"

	"github.com/picket-io/picket/pkg/fault"
)

// Limits bound lanes.
type Limits struct {
	Parallel int           // lanes that work at once
	Items    int           // items that one lane carries out together; a longer list is not split
	Queue    int           // items that wait in one lane; more are refused
	Timeout  time.Duration // time that one batch may take
}

// Lanes carries lists of items out by a function that answers one result for each item, in its order.
type Lanes[K comparable, In, Out any] struct {
	limits Limits
	do     func(context.Context, K, []In) []Out
	places chan struct{} // one for each lane that works

	mu    sync.Mutex
	lanes map[K]*lane[In, Out]
	busy  sync.WaitGroup
}

type lane[In, Out any] struct {
	queue []*work[In, Out]
	items int // in the queue
}

type work[In, Out any] struct {
	items []In
	done  chan []Out
}

// New makes lanes for a function.
func New[K comparable, In, Out any](limits Limits, do func(context.Context, K, []In) []Out) *Lanes[K, In, Out] {
	return &Lanes[K, In, Out]{
		limits: limits, do: do, places: make(chan struct{}, limits.Parallel), lanes: map[K]*lane[In, Out]{},
	}
}

// Do hands items in and waits for their results. Once handed in they are carried out, even if the caller leaves.
// A full lane is an Exhausted fault.
func (l *Lanes[K, In, Out]) Do(ctx context.Context, key K, items []In) ([]Out, error) {
	w := &work[In, Out]{items: items, done: make(chan []Out, 1)}
	if err := l.enter(ctx, key, w); err != nil {
		return nil, err
	}
	select {
	case results := <-w.done:
		return results, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *Lanes[K, In, Out]) enter(ctx context.Context, key K, w *work[In, Out]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting, busy := l.lanes[key]; busy {
		if waiting.items+len(w.items) > l.limits.Queue {
			return fault.Full(200*time.Millisecond, "%d items of the project are waiting", waiting.items)
		}
		waiting.queue = append(waiting.queue, w)
		waiting.items += len(w.items)
		return nil
	}
	l.lanes[key] = &lane[In, Out]{queue: []*work[In, Out]{w}, items: len(w.items)}
	l.busy.Add(1)
	go l.run(context.WithoutCancel(ctx), key)
	return nil
}

// Wait waits until every lane is empty. Stop the callers first.
func (l *Lanes[K, In, Out]) Wait() { l.busy.Wait() }

// run carries out what waits in a lane until there is nothing left, and closes the lane.
func (l *Lanes[K, In, Out]) run(ctx context.Context, key K) {
	defer l.busy.Done()
	for {
		// A place is given back after every batch: busy keys do not keep the others out.
		l.places <- struct{}{}
		together := l.take(key)
		if len(together) > 0 {
			l.carryOut(ctx, key, together)
		}
		<-l.places
		if len(together) == 0 {
			return
		}
	}
}

func (l *Lanes[K, In, Out]) take(key K) []*work[In, Out] {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.lanes[key]
	if len(waiting.queue) == 0 {
		delete(l.lanes, key)
		return nil
	}
	n, items := 0, 0
	for n < len(waiting.queue) && (n == 0 || items+len(waiting.queue[n].items) <= l.limits.Items) {
		items += len(waiting.queue[n].items)
		n++
	}
	together := waiting.queue[:n:n]
	waiting.queue = waiting.queue[n:]
	waiting.items -= items
	return together
}

func (l *Lanes[K, In, Out]) carryOut(ctx context.Context, key K, together []*work[In, Out]) {
	ctx, cancel := context.WithTimeout(ctx, l.limits.Timeout)
	defer cancel()
	var items []In
	for _, w := range together {
		items = append(items, w.items...)
	}
	results := l.do(ctx, key, items)
	for _, w := range together {
		w.done <- results[:len(w.items)]
		results = results[len(w.items):]
	}
}

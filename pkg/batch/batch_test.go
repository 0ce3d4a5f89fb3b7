package batch_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/batch"
	"github.com/picket-io/picket/pkg/fault"
)

// gate is a batch function whose batches wait to be let go.
type gate struct {
	mu      sync.Mutex
	batches [][]int
	open    chan struct{}
}

func (g *gate) do(_ context.Context, items []int) []batch.Result[int] {
	g.mu.Lock()
	g.batches = append(g.batches, items)
	g.mu.Unlock()
	<-g.open
	results := make([]batch.Result[int], len(items))
	for i, item := range items {
		results[i].Value = -item
	}
	return results
}

func run(t *testing.T, limits batch.Limits, test func(t *testing.T, c *batch.Coalescer[int, int], g *gate)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		c := batch.New(limits, func(item int) int { return item }, g.do)
		ctx, cancel := context.WithCancel(t.Context())
		go c.Run(ctx) //nolint:errcheck // it gives nil
		test(t, c, g)
		close(g.open)
		cancel()
		synctest.Wait()
	})
}

func TestItemsGatherWhileAWorkerIsBusy(t *testing.T) {
	t.Parallel()
	run(t, batch.Limits{Workers: 1, Items: 3, Bytes: 100, Queue: 10, QueueBytes: 1000, Timeout: time.Second}, func(t *testing.T, c *batch.Coalescer[int, int], g *gate) {
		var results [5]int
		for i := range results {
			go func() { results[i], _ = c.Do(t.Context(), i+1) }()
			synctest.Wait()
		}
		for range 3 {
			g.open <- struct{}{}
			synctest.Wait()
		}
		if diff := cmp.Diff([][]int{{1}, {2, 3, 4}, {5}}, g.batches); diff != "" {
			t.Error(diff)
		}
		if want := [5]int{-1, -2, -3, -4, -5}; results != want {
			t.Errorf("results %v, want %v", results, want)
		}
	})
}

func TestABatchBesideALargerOneWaitsForAsManyItems(t *testing.T) {
	t.Parallel()
	limits := batch.Limits{Workers: 2, Items: 100, Bytes: 1000, Queue: 1000, QueueBytes: 10_000, Patience: 5 * time.Millisecond, Timeout: time.Second}
	run(t, limits, func(t *testing.T, c *batch.Coalescer[int, int], g *gate) {
		come := func(n int) {
			for range n {
				go c.Do(t.Context(), 1) //nolint:errcheck // the batches are looked at
			}
			synctest.Wait()
		}
		end := func() {
			g.open <- struct{}{}
			synctest.Wait()
		}
		expect := func(want ...int) {
			t.Helper()
			g.mu.Lock()
			defer g.mu.Unlock()
			sizes := make([]int, len(g.batches))
			for i, items := range g.batches {
				sizes[i] = len(items)
			}
			if diff := cmp.Diff(want, sizes); diff != "" {
				t.Error(diff)
			}
		}
		come(1)
		come(1) // one item under way is no reason to wait
		come(20)
		expect(1, 1)
		end()
		expect(1, 1, 20)
		end() // of the other one
		come(19)
		expect(1, 1, 20)
		come(1)
		expect(1, 1, 20, 20)
		end()
		come(3)
		expect(1, 1, 20, 20)
		<-time.After(limits.Patience) // of the clock of the test
		synctest.Wait()
		expect(1, 1, 20, 20, 3)
	})
}

func TestABatchIsBoundInBytes(t *testing.T) {
	t.Parallel()
	run(t, batch.Limits{Workers: 1, Items: 10, Bytes: 100, Queue: 10, QueueBytes: 1000, Timeout: time.Second}, func(t *testing.T, c *batch.Coalescer[int, int], g *gate) {
		for _, item := range []int{1, 60, 30, 20, 500, 1} {
			go c.Do(t.Context(), item) //nolint:errcheck // the batches are looked at
			synctest.Wait()
		}
		for range 5 {
			g.open <- struct{}{}
			synctest.Wait()
		}
		if diff := cmp.Diff([][]int{{1}, {60, 30}, {20}, {500}, {1}}, g.batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPanicFailsItsBatchOnly(t *testing.T) {
	t.Parallel()
	limits := batch.Limits{Workers: 1, Items: 1, Bytes: 100, Queue: 1, QueueBytes: 1000, Timeout: time.Second}
	c := batch.New(limits, func(int) int { return 1 }, func(_ context.Context, items []int) []batch.Result[int] {
		return []batch.Result[int]{{Value: 10 / items[0]}}
	})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go c.Run(ctx) //nolint:errcheck // it gives nil
	if _, err := c.Do(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "divide by zero") {
		t.Errorf("got %v, want the panic", err)
	}
	if got, err := c.Do(t.Context(), 5); got != 2 || err != nil {
		t.Errorf("after a panic: %d, %v", got, err)
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	t.Parallel()
	run(t, batch.Limits{Workers: 1, Items: 1, Bytes: 100, Queue: 1, QueueBytes: 1000, Timeout: time.Second}, func(t *testing.T, c *batch.Coalescer[int, int], g *gate) {
		for range 2 {
			go c.Do(t.Context(), 1) //nolint:errcheck // one is under way, one waits
			synctest.Wait()
		}
		if _, err := c.Do(t.Context(), 1); fault.KindOf(err) != fault.Exhausted {
			t.Errorf("got %v, want exhausted", err)
		}
	})
}

func TestAQueueIsBoundInBytes(t *testing.T) {
	t.Parallel()
	run(t, batch.Limits{Workers: 1, Items: 1, Bytes: 100, Queue: 10, QueueBytes: 50, Timeout: time.Second}, func(t *testing.T, c *batch.Coalescer[int, int], g *gate) {
		for _, size := range []int{60, 30, 20} { // larger than the queue, but alone; is under way when the others come
			go c.Do(t.Context(), size) //nolint:errcheck // they are answered in the end
			synctest.Wait()
		}
		if _, err := c.Do(t.Context(), 1); fault.KindOf(err) != fault.Exhausted {
			t.Errorf("got %v, want exhausted", err)
		}
		g.open <- struct{}{}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { _, err := c.Do(ctx, 30); left <- err }() // there is room again
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it waited", err)
		}
	})
}

func TestAnItemWhoseCallerLeftBeforeItsBatchIsLeftOut(t *testing.T) {
	t.Parallel()
	run(t, batch.Limits{Workers: 1, Items: 10, Bytes: 100, Queue: 10, QueueBytes: 1000, Timeout: time.Second}, func(t *testing.T, c *batch.Coalescer[int, int], g *gate) {
		go c.Do(t.Context(), 1) //nolint:errcheck // occupies the worker
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := c.Do(ctx, 2)
			left <- err
		}()
		go c.Do(t.Context(), 3) //nolint:errcheck // stays
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
		g.open <- struct{}{}
		synctest.Wait()
		if diff := cmp.Diff([][]int{{1}, {3}}, g.batches); diff != "" {
			t.Error(diff)
		}
	})
}

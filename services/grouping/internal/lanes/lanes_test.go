package lanes_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/lanes"
)

var limits = lanes.Limits{Parallel: 2, Items: 3, Queue: 5, Timeout: time.Minute}

// works are lanes whose batches take a second each, and what they carried out: "key at second: items".
type works struct {
	*lanes.Lanes[string, int, int]
	start time.Time
	mu    sync.Mutex
	done  []string
}

func run(t *testing.T, limits lanes.Limits, test func(t *testing.T, w *works)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &works{start: time.Now()}
		w.Lanes = lanes.New(limits, func(_ context.Context, key string, items []int) []int {
			w.mu.Lock()
			w.done = append(w.done, fmt.Sprintf("%s at %v: %v", key, time.Since(w.start), items))
			w.mu.Unlock()
			<-time.After(time.Second)
			results := make([]int, len(items))
			for i, item := range items {
				results[i] = -item
			}
			return results
		})
		test(t, w)
		w.Wait()
	})
}

// enter hands items in and checks their results when they come.
func (w *works) enter(t *testing.T, key string, items ...int) {
	t.Helper()
	go func() {
		results, err := w.Do(t.Context(), key, items)
		if err != nil {
			t.Error(err)
			return
		}
		for i, item := range items {
			if results[i] != -item {
				t.Errorf("item %d of %v got %d", item, items, results[i])
			}
		}
	}()
	synctest.Wait()
}

func (w *works) expect(t *testing.T, want ...string) {
	t.Helper()
	w.Wait()
	synctest.Wait()
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Error(diff)
	}
}

func TestWhatComesWhileALaneIsBusyIsCarriedOutTogetherInOrder(t *testing.T) {
	run(t, limits, func(t *testing.T, w *works) {
		w.enter(t, "a", 1)
		w.enter(t, "a", 2)
		w.enter(t, "a", 3, 4)
		w.enter(t, "a", 5)
		w.expect(t, "a at 0s: [1]", "a at 1s: [2 3 4]", "a at 2s: [5]")
	})
}

func TestKeysAreCarriedOutInParallelUpToTheLimit(t *testing.T) {
	run(t, limits, func(t *testing.T, w *works) {
		w.enter(t, "a", 1)
		w.enter(t, "b", 2)
		w.enter(t, "c", 3)
		w.expect(t, "a at 0s: [1]", "b at 0s: [2]", "c at 1s: [3]")
	})
}

func TestABusyKeyDoesNotStarveTheOthers(t *testing.T) {
	one := limits
	one.Parallel = 1
	run(t, one, func(t *testing.T, w *works) {
		w.enter(t, "busy", 1)
		w.enter(t, "busy", 2, 3, 4)
		w.enter(t, "busy", 5)
		w.enter(t, "other", 6)
		w.enter(t, "third", 7)
		w.expect(t, "busy at 0s: [1]", "other at 1s: [6]", "third at 2s: [7]", "busy at 3s: [2 3 4]", "busy at 4s: [5]")
	})
}

func TestAListLongerThanABatchStaysWhole(t *testing.T) {
	run(t, limits, func(t *testing.T, w *works) {
		w.enter(t, "a", 1, 2, 3, 4, 5, 6, 7)
		w.enter(t, "a", 8)
		w.expect(t, "a at 0s: [1 2 3 4 5 6 7]", "a at 1s: [8]")
	})
}

func TestAFullLaneRefusesWhileOthersTakeMore(t *testing.T) {
	run(t, limits, func(t *testing.T, w *works) {
		w.enter(t, "a", 1)
		w.enter(t, "a", 2, 3)
		w.enter(t, "a", 4, 5)
		if _, err := w.Do(t.Context(), "a", []int{6, 7}); fault.KindOf(err) != fault.Exhausted {
			t.Errorf("got %v, want exhausted", err)
		}
		w.enter(t, "a", 8)
		w.enter(t, "b", 9)
		w.expect(t, "a at 0s: [1]", "b at 0s: [9]", "a at 1s: [2 3]", "a at 2s: [4 5 8]")
	})
}

func TestItemsOfACallerWhoLeftAreCarriedOut(t *testing.T) {
	run(t, limits, func(t *testing.T, w *works) {
		w.enter(t, "a", 1)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := w.Do(ctx, "a", []int{2})
			left <- err
		}()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		w.expect(t, "a at 0s: [1]", "a at 1s: [2]")
	})
}

func TestABatchMayTakeItsTimeWhateverItsCallersHave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lanes.New(limits, func(ctx context.Context, _ string, items []int) []time.Duration {
			start := time.Now()
			<-ctx.Done()
			return []time.Duration{time.Since(start)}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		took, err := l.Do(ctx, "a", []int{1})
		if err != nil || took[0] != limits.Timeout {
			t.Errorf("it ended after %v, %v", took, err)
		}
	})
}

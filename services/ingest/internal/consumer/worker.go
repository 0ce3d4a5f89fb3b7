package consumer

import (
	"context"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	batchRecords = 500     // that go through the pipeline together
	batchBytes   = 4 << 20 // likewise
	pauseAbove   = 8 << 20 // bytes that wait: the partition is not fetched any more
	resumeBelow  = 2 << 20 // bytes that wait: it is fetched again
)

// worker takes the records of one partition through the pipeline, in their order. A sender gives the records of a
// fingerprint the same key, so their order is kept; other partitions go on at the same time.
type worker struct {
	*Consumer
	client    *kgo.Client
	partition map[string][]int32
	ctx       context.Context // ends when the partition is given up
	stop      context.CancelFunc
	stopped   chan struct{}
	arrived   chan struct{} // holds one signal

	mu      sync.Mutex
	waiting []*kgo.Record
	bytes   int // of the values that wait
	paused  bool
}

func startWorker(c *Consumer, client *kgo.Client, topic string, partition int32) *worker {
	ctx, stop := context.WithCancel(context.Background())
	w := &worker{
		Consumer: c, client: client, partition: map[string][]int32{topic: {partition}}, ctx: ctx, stop: stop,
		stopped: make(chan struct{}), arrived: make(chan struct{}, 1),
	}
	go w.run()
	return w
}

func (w *worker) run() {
	defer close(w.stopped)
	defer w.client.ResumeFetchPartitions(w.partition) // for the next time that it is assigned
	for w.ctx.Err() == nil {
		records := w.take()
		if len(records) == 0 {
			select {
			case <-w.arrived:
			case <-w.ctx.Done():
			}
			continue
		}
		if w.carryOut(w.ctx, records) {
			w.client.MarkCommitRecords(records[len(records)-1])
		}
	}
}

// push never waits: a partition that is behind is paused, so that the others are fetched on.
func (w *worker) push(records []*kgo.Record) {
	w.mu.Lock()
	w.waiting = append(w.waiting, records...)
	for _, record := range records {
		w.bytes += len(record.Value)
	}
	if w.bytes > pauseAbove && !w.paused {
		w.paused = true
		w.client.PauseFetchPartitions(w.partition)
	}
	w.mu.Unlock()
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

// take gives the next records, at least one if any waits.
func (w *worker) take() []*kgo.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, bytes := 0, 0
	for n < min(len(w.waiting), batchRecords) && bytes < batchBytes {
		bytes += len(w.waiting[n].Value)
		n++
	}
	records := slices.Clone(w.waiting[:n])
	w.waiting = slices.Delete(w.waiting, 0, n)
	w.bytes -= bytes
	if w.paused && w.bytes < resumeBelow {
		w.paused = false
		w.client.ResumeFetchPartitions(w.partition)
	}
	return records
}

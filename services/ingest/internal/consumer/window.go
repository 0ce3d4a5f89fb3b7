package consumer

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Past these the partition is not fetched any more, until half of them are left. Records that are done count as long
// as one before them is not: its offset holds theirs back, and if the process dies they all come again.
const (
	windowBytes   = 8 << 20 // of values that are not done
	windowRecords = 10_000
)

// window is the records of a partition from the first one that is not done. It commits the offsets before that one.
type window struct {
	client    *kgo.Client
	topic     string
	partition int32
	arrived   chan struct{} // holds one signal

	mu       sync.Mutex
	incoming []*delivery // that nobody has taken
	open     []*delivery // all, in the order of their offsets
	bytes    int
	paused   bool
	next     int64 // offset of the first record that is not done
	end      int64 // of the partition, as of the last fetch
}

func newWindow(client *kgo.Client, topic string, partition int32) *window {
	return &window{client: client, topic: topic, partition: partition, arrived: make(chan struct{}, 1)}
}

// push never waits: a partition that is behind is paused, so that the others are fetched on.
func (w *window) push(records []*kgo.Record, highWatermark int64) {
	w.mu.Lock()
	if len(w.open) == 0 {
		w.next = records[0].Offset
	}
	w.end = highWatermark
	for _, record := range records {
		d := &delivery{record: record}
		w.incoming = append(w.incoming, d)
		w.open = append(w.open, d)
		w.bytes += len(record.Value)
	}
	if !w.paused && (w.bytes > windowBytes || len(w.open) > windowRecords) {
		w.paused = true
		w.client.PauseFetchPartitions(w.itself())
	}
	w.mu.Unlock()
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

func (w *window) take() []*delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	incoming := w.incoming
	w.incoming = nil
	return incoming
}

// done says that the effects of records are durable.
func (w *window) done(deliveries ...*delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range deliveries {
		d.done = true
		w.bytes -= len(d.record.Value)
		d.item, d.letter = nil, nil
		d.record.Key, d.record.Value, d.record.Headers, d.record.Context = nil, nil, nil, nil
	}
	n := 0
	for n < len(w.open) && w.open[n].done {
		n++
	}
	if n > 0 {
		last := w.open[n-1].record
		w.next = last.Offset + 1
		w.client.MarkCommitRecords(last)
		clear(w.open[:n])
		w.open = w.open[n:]
	}
	if w.paused && w.bytes < windowBytes/2 && len(w.open) < windowRecords/2 {
		w.paused = false
		w.client.ResumeFetchPartitions(w.itself())
	}
}

// close leaves nothing behind for the next time that the partition is assigned.
func (w *window) close() { w.client.ResumeFetchPartitions(w.itself()) }

// lag is how many records of the partition are not done.
func (w *window) lag() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, w.end-w.next)
}

func (w *window) itself() map[string][]int32 { return map[string][]int32{w.topic: {w.partition}} }

// position is the offset of the first record that is not done.
func (w *window) position() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

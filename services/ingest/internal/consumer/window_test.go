package consumer

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// paused says whether the partition of a window is not fetched.
func (w *window) isPaused() bool { return len(w.client.PauseFetchPartitions(nil)[w.topic]) > 0 }

func TestAPartitionIsNotFetchedWhileTooMuchOfItIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ records, bytes int }{
		"bytes": {20, windowBytes / 16}, "records": {windowRecords + 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := kgo.NewClient(kgo.ConsumeTopics("t"))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			w := newWindow(client, "t", 0)
			few := c.records / 3
			push := func(from, to int) {
				var records []*kgo.Record
				for i := from; i < to; i++ {
					records = append(records, &kgo.Record{Topic: "t", Offset: int64(i), Value: make([]byte, c.bytes)})
				}
				w.push(records, int64(to))
			}
			push(0, few)
			if w.isPaused() {
				t.Error("paused at a third of the limit")
			}
			push(few, c.records)
			if !w.isPaused() {
				t.Error("not paused past the limit")
			}
			deliveries := w.take()
			w.done(deliveries[few:]...) // the first ones hold these back
			if c.bytes == 1 && !w.isPaused() {
				t.Error("goes on although records pile up behind the first")
			}
			w.done(deliveries[:few]...)
			if w.isPaused() {
				t.Error("still paused when all is done")
			}
		})
	}
}

package consumer

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/picket-io/picket/services/ingest/internal/pipeline"
)

const (
	maxUnderWay  = 4 // batches of a partition
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
)

// worker takes the records of one partition through the pipeline. Those of one order key go one after the other, in
// the order of their offsets; others go past a key that is under way and past a project that cannot be judged now.
// Everything but the window belongs to the goroutine of run.
type worker struct {
	*Consumer
	ctx     context.Context // ends when the partition is given up
	stop    context.CancelFunc
	stopped chan struct{}
	window  *window
	results chan result
	buried  chan burial
	due     chan int64 // projects that may be tried again

	waiting  []*delivery // in the order of their offsets
	busy     map[orderKey]int
	held     map[int64]*hold
	underWay int
	trying   bool        // a batch of held projects is under way
	dead     []*delivery // with letters that are to be stored
	burying  bool
	recent   recent
}

// hold keeps a project's records back, because one of them could not be judged and is to come first.
type hold struct {
	tries   int
	waiting bool // else its records are tried, apart from those of projects that are well
}

func startWorker(c *Consumer, client *kgo.Client, topic string, partition int32) *worker {
	ctx, stop := context.WithCancel(context.Background())
	w := &worker{
		Consumer: c, ctx: ctx, stop: stop, stopped: make(chan struct{}), window: newWindow(client, topic, partition),
		results: make(chan result), buried: make(chan burial), due: make(chan int64),
		busy: map[orderKey]int{}, held: map[int64]*hold{},
	}
	go w.run()
	return w
}

func (w *worker) push(records []*kgo.Record, highWatermark int64) {
	w.window.push(records, highWatermark)
}

func (w *worker) run() {
	defer close(w.stopped)
	defer w.window.close()
	for w.ctx.Err() == nil {
		w.waiting = append(w.waiting, w.window.take()...)
		w.submitAll()
		if w.recent.over(w.cfg.MaxInvalidShare) {
			w.giveUp(w.recent.failure(w.window))
			<-w.ctx.Done() // what is invalid stays where it is
			break
		}
		w.buryNext()
		w.wait()
	}
	// What has begun is finished.
	for w.underWay > 0 {
		w.settle(<-w.results)
	}
	if w.burying {
		w.settleBurial(<-w.buried)
	}
}

func (w *worker) wait() {
	select {
	case <-w.window.arrived:
	case r := <-w.results:
		w.settle(r)
	case b := <-w.buried:
		w.settleBurial(b)
	case project := <-w.due:
		if h := w.held[project]; h != nil {
			h.waiting = false
		}
	case <-w.ctx.Done():
	}
}

// submitAll sends the records on their way that can be sent.
func (w *worker) submitAll() {
	for w.underWay < maxUnderWay {
		b := w.nextBatch()
		if b == nil {
			return
		}
		w.start(b)
	}
}

func (w *worker) start(b *batch) {
	w.underWay++
	w.trying = w.trying || b.held
	for _, d := range b.deliveries {
		w.busy[d.key]++
	}
	go func() { w.results <- result{b, w.submit(b)} }()
}

// result is what the pipeline said of a batch.
type result struct {
	*batch
	of []pipeline.Result // the deliveries
}

// settle takes the results of a batch over.
func (w *worker) settle(r result) {
	w.underWay--
	if r.held {
		w.trying = false
	}
	failures := map[int64]error{} // of projects whose records have to wait
	for i, d := range r.deliveries {
		if w.busy[d.key]--; w.busy[d.key] == 0 {
			delete(w.busy, d.key)
		}
		if err := w.settleOne(d, r.of[i].Err); err != nil && failures[d.key.project] == nil {
			failures[d.key.project] = err
		}
	}
	w.window.done(r.pruned...)
	w.metrics.countPruned(w.ctx, len(r.pruned))
	sortByOffset(w.waiting)
	for _, d := range r.deliveries {
		project := d.key.project
		if err := failures[project]; err != nil {
			w.hold(project, err)
		} else if h := w.held[project]; r.held && h != nil && !h.waiting {
			delete(w.held, project)
		}
	}
}

// settleOne gives the error of a record that is to be tried again.
func (w *worker) settleOne(d *delivery, err error) error {
	switch {
	case err == nil:
		w.window.done(d)
	case pipeline.IsTransient(err), isSuspicious(err) && d.tries < maxSuspicious-1:
		d.tries++
		d.unread()
		w.waiting = append(w.waiting, d)
		return err
	default:
		w.bury(d, err)
	}
	return nil
}

// hold makes a project wait, longer each time.
func (w *worker) hold(project int64, err error) {
	h := w.held[project]
	if h == nil {
		h = &hold{}
		w.held[project] = h
	}
	if h.waiting {
		return
	}
	h.tries, h.waiting = h.tries+1, true
	w.log.WarnContext(w.ctx, "the records of a project wait", "project_id", project, "try", h.tries, "error", err)
	time.AfterFunc(backoff(h.tries), func() {
		select {
		case w.due <- project:
		case <-w.stopped:
		}
	})
}

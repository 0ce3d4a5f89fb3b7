// Package pipeline takes items from the doors to their verdict: project, door, payload store, grouping service.
// Items of concurrent callers travel in one batch, and each has its own result.
package pipeline

import (
	"context"
	"errors"
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/batch"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// Result is the verdict on one item, or why there is none.
type Result = batch.Result[ingest.Verdict]

// IsTransient tells whether an item with this error is to come again as it is.
func IsTransient(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.Exhausted
}

// limits bound what is under way. A call is a list of items, in most cases of one.
var limits = batch.Limits{Workers: 4, Items: 512, Bytes: 8 << 20, Queue: 4096, QueueBytes: 32 << 20, Patience: 5 * time.Millisecond, Timeout: 15 * time.Second}

// Pipeline is safe for concurrent use.
type Pipeline struct {
	store     *store.Store
	directory *directory.Directory
	grouping  groupingv1.GroupingServiceClient
	retention time.Duration
	metrics   *metrics
	batches   *batch.Coalescer[[]*task, struct{}]
}

// New makes a pipeline. It takes items while Run runs.
func New(s *store.Store, d *directory.Directory, g groupingv1.GroupingServiceClient, retention time.Duration) (*Pipeline, error) {
	m, err := newMetrics()
	if err != nil {
		return nil, err
	}
	p := &Pipeline{store: s, directory: d, grouping: g, retention: retention, metrics: m}
	p.batches = batch.New(limits, sizeOf, p.carryOut)
	return p, nil
}

// Run carries batches out until ctx ends and nothing waits. Stop the doors first.
func (p *Pipeline) Run(ctx context.Context) error { return p.batches.Run(ctx) }

// One takes one item to its verdict.
func (p *Pipeline) One(ctx context.Context, item ingest.Item) (ingest.Verdict, error) {
	result := p.Submit(ctx, []ingest.Item{item})[0]
	return result.Value, result.Err
}

// Submit takes items to their verdicts. Those of one project are judged in the order given. When it answers, every
// item without an error has its effect, durably.
func (p *Pipeline) Submit(ctx context.Context, items []ingest.Item) []Result {
	tasks := make([]*task, len(items))
	var admitted []*task
	later := map[int64]error{} // projects of which an item has to come again: its later items would overtake it
	for i, item := range items {
		t := &task{item: item}
		tasks[i] = t
		if t.result.Err = later[item.ProjectID]; t.result.Err != nil {
			continue
		}
		if p.admit(ctx, t) {
			admitted = append(admitted, t)
		} else if IsTransient(t.result.Err) {
			later[item.ProjectID] = t.result.Err
		}
	}
	if len(admitted) > 0 {
		if _, err := p.batches.Do(ctx, admitted); err != nil {
			// The batch may still be under way and own its tasks: they are not read.
			return withoutBatch(tasks, err)
		}
	}
	results := make([]Result, len(tasks))
	for i, t := range tasks {
		results[i] = t.result
	}
	p.metrics.count(ctx, items, results)
	return results
}

func withoutBatch(tasks []*task, err error) []Result {
	results := make([]Result, len(tasks))
	for i, t := range tasks {
		if t.admitted {
			results[i] = Result{Err: err}
		} else {
			results[i] = t.result
		}
	}
	return results
}

// admit looks the project up, asks the door, and makes the payload ready. It says whether the item goes on, if only to
// be counted as dropped.
func (p *Pipeline) admit(ctx context.Context, t *task) bool {
	var project directory.Project
	if t.item.Kind != ingest.KindUnknown { // which may be of no project
		var err error
		if project, err = p.directory.Project(ctx, t.item.ProjectID); err != nil {
			t.result.Err = err
			return false
		}
	}
	if outcome, refused := ingest.Refuse(t.item, project.EnabledTypes, p.retention); refused {
		t.dropped = outcome
	} else {
		p.prepare(ctx, t, project.SafeFields)
	}
	t.admitted = t.result.Err == nil
	return t.admitted
}

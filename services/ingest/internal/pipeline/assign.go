package pipeline

import (
	"context"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const retryAfter = time.Second

// assign has the grouping service judge tasks, in their order. A call that fails for a reason that one of its items
// may have is split in halves until that item stands alone.
func (r *round) assign(ctx context.Context, tasks []*task) {
	tasks = r.open(tasks, func(*task) bool { return true })
	if len(tasks) == 0 {
		return
	}
	req := &groupingv1.AssignGroupsRequest{Items: make([]*groupingv1.Item, len(tasks))}
	for i, t := range tasks {
		req.Items[i] = itemToProto(t.item, t.searchable(), r.retention)
	}
	resp, err := r.grouping.AssignGroups(ctx, req)
	switch {
	case err == nil && len(resp.GetResults()) == len(tasks):
		r.settle(ctx, tasks, resp.GetResults())
	case err == nil:
		r.fail(fault.TryLater(retryAfter, nil, "the grouping service gave %d results for %d items", len(resp.GetResults()), len(tasks)), tasks...)
	case isTransient(status.Convert(err)):
		r.fail(transient(status.Convert(err)), tasks...)
	case len(tasks) > 1:
		r.assign(ctx, tasks[:len(tasks)/2])
		r.assign(ctx, tasks[len(tasks)/2:])
	default:
		r.fail(err, tasks[0])
	}
}

// settle takes the verdicts over. What grouping does not want kept is deleted before anybody is told.
func (r *round) settle(ctx context.Context, tasks []*task, results []*groupingv1.ItemResult) {
	var unwanted, tooOld []*task
	for i, t := range tasks {
		switch result := results[i].GetResult().(type) {
		case *groupingv1.ItemResult_Judgement:
			t.finish(verdictFromProto(result.Judgement))
			if t.payload != nil && !result.Judgement.GetKeepPayload() {
				unwanted = append(unwanted, t)
			}
			if t.result.Value.Outcome == issue.DroppedTooOld {
				t.dropped = issue.DroppedTooOld
				tooOld = append(tooOld, t)
			}
		case *groupingv1.ItemResult_Error:
			r.fail(itemError(status.FromProto(result.Error)), t)
		default:
			r.fail(fault.TryLater(retryAfter, nil, "the grouping service gave no result"), t)
		}
	}
	r.drop(ctx, tooOld) // which grouping remembers as little as the time before its floor
	if len(unwanted) == 0 {
		return
	}
	keys := make([]store.Key, len(unwanted))
	for i, t := range unwanted {
		keys[i] = t.key()
	}
	if err := r.store.DeletePayloads(ctx, keys); err != nil {
		r.fail(err, unwanted...)
	}
}

func itemError(s *status.Status) error {
	if isTransient(s) {
		return transient(s)
	}
	return s.Err()
}

// isTransient tells whether the same call may succeed later. RESOURCE_EXHAUSTED without a time to retry means that
// the call is too large.
func isTransient(s *status.Status) bool {
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted, codes.Unimplemented, codes.Unauthenticated,
		codes.PermissionDenied:
		return true
	case codes.ResourceExhausted:
		return retryDelay(s) > 0
	default:
		return false
	}
}

func transient(s *status.Status) error {
	after := retryDelay(s)
	if after == 0 {
		after = retryAfter
	}
	return fault.TryLater(after, s.Err(), "the grouping service does not answer")
}

func retryDelay(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// searchable is what searches read of the task's event, supplied or stored.
func (t *task) searchable() *ingest.SearchableEvent {
	if t.item.Event != nil {
		return &t.item.Event.Searchable
	}
	return t.looked
}

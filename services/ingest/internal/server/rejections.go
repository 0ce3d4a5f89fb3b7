package server

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/batch"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// Rejections counts what callers are told not to send again, before they are told: the rejections of concurrent calls
// share a row and a commit. A caller whose answer is lost and who sends the same again is counted again, because a
// rejected item has nothing that would name it.
type Rejections struct {
	batches   *batch.Coalescer[[]store.Rejection, struct{}]
	directory *directory.Directory
	lost      metric.Int64Counter
	now       func() time.Time
}

// NewRejections makes a counter of rejections. It counts while Run runs.
func NewRejections(s *store.Store, d *directory.Directory, now func() time.Time) (*Rejections, error) {
	lost, err := otel.Meter("picket/ingest").Int64Counter("picket.ingest.rejections.uncounted",
		metric.WithDescription("Rejected items that GetOutcomes does not know, because the database did not answer."))
	if err != nil {
		return nil, err
	}
	limits := batch.Limits{Workers: 1, Items: 512, Bytes: 1 << 20, Queue: 4096, QueueBytes: 4 << 20, Timeout: 5 * time.Second}
	size := func(r []store.Rejection) int { return len(r) * 64 }
	count := func(ctx context.Context, calls [][]store.Rejection) []batch.Result[struct{}] {
		var all []store.Rejection
		for _, call := range calls {
			all = append(all, call...)
		}
		results := make([]batch.Result[struct{}], len(calls))
		err := s.CountRejections(ctx, all)
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	return &Rejections{batches: batch.New(limits, size, count), directory: d, lost: lost, now: now}, nil
}

// Run counts until ctx ends and nothing waits. Stop the server first.
func (r *Rejections) Run(ctx context.Context) error { return r.batches.Run(ctx) }

// Intercept counts what a call rejects, be it the whole or some of its items. That the database does not answer changes
// nothing for the caller: what was sent is as wrong as before.
func (r *Rejections) Intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	received := r.now()
	resp, err := handler(ctx, req)
	rejections := rejectionsOf(req, resp, err)
	if len(rejections) == 0 {
		return resp, err
	}
	for i := range rejections {
		rejections[i].Received = received
		// Whoever sends ids at random does not make a row for each.
		if _, err := r.directory.Project(ctx, rejections[i].ProjectID); err != nil {
			rejections[i].ProjectID = 0
		}
	}
	if _, failed := r.batches.Do(context.WithoutCancel(ctx), rejections); failed != nil {
		r.lost.Add(ctx, int64(len(rejections)))
	}
	return resp, err
}

func rejectionsOf(req, resp any, err error) []store.Rejection {
	switch req := req.(type) {
	case *ingestv1.IngestOccurrenceRequest:
		return rejection(nil, req.GetOccurrence().GetProjectId(), err)
	case *ingestv1.IngestStatusChangeRequest:
		return rejection(nil, req.GetProjectId(), err)
	case *ingestv1.IngestEventRequest:
		return rejection(nil, req.GetProjectId(), err)
	case *ingestv1.IngestOccurrencesRequest:
		return rejectionsOfBatch(req, resp, err)
	default:
		return nil
	}
}

func rejectionsOfBatch(req *ingestv1.IngestOccurrencesRequest, resp any, err error) []store.Rejection {
	var rejections []store.Rejection
	answer, _ := resp.(*ingestv1.IngestOccurrencesResponse)
	for i, occurrence := range req.GetOccurrences() {
		failure := err
		if results := answer.GetResults(); failure == nil && i < len(results) {
			failure = status.FromProto(results[i].GetError()).Err()
		}
		rejections = rejection(rejections, occurrence.GetOccurrence().GetProjectId(), failure)
	}
	return rejections
}

// rejection leaves out what may be sent again as it is: that was not received yet.
func rejection(rejections []store.Rejection, projectID int64, err error) []store.Rejection {
	s := grpcserver.StatusOf(err)
	switch s.Code() {
	case codes.OK, codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted, codes.Unimplemented:
		return rejections
	}
	reason := "REFUSED" // by the grouping service, or Picket failed at it
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.RetryInfo:
			return rejections
		case *errdetails.ErrorInfo:
			reason = detail.GetReason()
		}
	}
	return append(rejections, store.Rejection{ProjectID: max(projectID, 0), Reason: reason})
}

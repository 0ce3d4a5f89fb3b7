package server

import (
	"context"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/services/ingest/internal/request"
)

// IngestEvent takes one error event.
func (s *Server) IngestEvent(ctx context.Context, req *ingestv1.IngestEventRequest) (*ingestv1.IngestEventResponse, error) {
	item, err := request.ErrorEvent(req, s.now())
	if err != nil {
		return nil, err
	}
	verdict, err := s.pipeline.One(ctx, item)
	if err != nil {
		return nil, err
	}
	return &ingestv1.IngestEventResponse{
		Outcome: issuesv1.Outcome(verdict.Outcome), IssueId: verdict.GroupID, ShortId: verdict.ShortID, IsNew: verdict.IsNew,
		IsRegression: verdict.IsRegression, Repeated: verdict.Repeated,
	}, nil
}

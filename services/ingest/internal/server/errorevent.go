package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

func (s *Server) IngestEvent(ctx context.Context, req *ingestv1.IngestEventRequest) (*ingestv1.IngestEventResponse, error) {
	if size := proto.Size(req); size > ingest.MaxMessageBytes {
		return nil, tooLarge(size)
	}
	draft, err := errorEventDraft(req)
	if err != nil {
		return nil, err
	}
	item, err := draft.Item(s.now())
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

func errorEventDraft(req *ingestv1.IngestEventRequest) (draft ingest.ErrorEventDraft, err error) {
	draft = ingest.ErrorEventDraft{ProjectID: req.GetProjectId(), EventID: req.GetEventId()}
	switch body := req.GetEventBody().(type) {
	case *ingestv1.IngestEventRequest_Event:
		draft.Event, err = objectFromProto("event", body.Event)
	case *ingestv1.IngestEventRequest_EventJson:
		if draft.Event, err = ingest.DecodeObject(body.EventJson); err != nil {
			err = fault.InvalidField("event_json", "%s", err)
		}
	default:
		err = fault.InvalidField("event_body", "is required")
	}
	return draft, err
}

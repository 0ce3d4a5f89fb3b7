package server

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

func (s *Server) IngestOccurrence(ctx context.Context, req *ingestv1.IngestOccurrenceRequest) (*ingestv1.IngestOccurrenceResponse, error) {
	item, err := occurrenceItem(req, s.now())
	if err != nil {
		return nil, err
	}
	verdict, err := s.pipeline.One(ctx, item)
	if err != nil {
		return nil, err
	}
	return verdictToProto(verdict), nil
}

func (s *Server) IngestOccurrences(ctx context.Context, req *ingestv1.IngestOccurrencesRequest) (*ingestv1.IngestOccurrencesResponse, error) {
	received := s.now()
	resp := &ingestv1.IngestOccurrencesResponse{Results: make([]*ingestv1.IngestOccurrenceResult, len(req.GetOccurrences()))}
	var items []ingest.Item
	var places []int // of the items in the response
	for i, occurrence := range req.GetOccurrences() {
		item, err := validOccurrenceItem(occurrence, received)
		if err != nil {
			resp.Results[i] = errorToProto(err)
			continue
		}
		items, places = append(items, item), append(places, i)
	}
	for i, result := range s.pipeline.Submit(ctx, items) {
		if result.Err != nil {
			resp.Results[places[i]] = errorToProto(result.Err)
			continue
		}
		resp.Results[places[i]] = &ingestv1.IngestOccurrenceResult{
			Result: &ingestv1.IngestOccurrenceResult_Response{Response: verdictToProto(result.Value)},
		}
	}
	return resp, nil
}

// validOccurrenceItem checks also what the server checks of a lone request.
func validOccurrenceItem(req *ingestv1.IngestOccurrenceRequest, received time.Time) (ingest.Item, error) {
	if err := grpcserver.Validate(req); err != nil {
		return ingest.Item{}, err
	}
	return occurrenceItem(req, received)
}

func occurrenceItem(req *ingestv1.IngestOccurrenceRequest, received time.Time) (ingest.Item, error) {
	if size := proto.Size(req); size > ingest.MaxMessageBytes {
		return ingest.Item{}, tooLarge(size)
	}
	draft, err := draftFromProto(req)
	if err != nil {
		return ingest.Item{}, err
	}
	item, err := draft.Item(received)
	return item, inRequest(err)
}

func tooLarge(size int) error {
	err := fault.Full(0, "the message has %d bytes, at most %d are taken", size, ingest.MaxMessageBytes)
	err.Reason = "MESSAGE_TOO_LARGE"
	return err
}

// inRequest names fields as the request has them: those of the occurrence are one level down, the event is beside it.
func inRequest(err error) error {
	var invalid *fault.Error
	if !errors.As(err, &invalid) || invalid.Kind != fault.Invalid {
		return err
	}
	violations := make([]fault.Violation, len(invalid.Violations))
	for i, v := range invalid.Violations {
		violations[i] = fault.Violation{Field: requestField(v.Field), Description: v.Description}
	}
	return fault.InvalidRequest(violations...)
}

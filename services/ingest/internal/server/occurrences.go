package server

import (
	"context"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/request"
)

func (s *Server) IngestOccurrence(ctx context.Context, req *ingestv1.IngestOccurrenceRequest) (*ingestv1.IngestOccurrenceResponse, error) {
	item, err := request.Occurrence(req, s.now())
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
		item, err := request.Checked(occurrence, received)
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

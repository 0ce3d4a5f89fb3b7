package server

import (
	"context"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

func (s *Server) GetEvent(ctx context.Context, req *ingestv1.GetEventRequest) (*ingestv1.GetEventResponse, error) {
	id, err := parseID("event_id", req.GetEventId())
	if err != nil {
		return nil, err
	}
	key := store.EventKey{ProjectID: req.GetProjectId(), EventID: id}
	events, err := s.store.Events(ctx, []store.EventKey{key})
	if err != nil {
		return nil, err
	}
	event, ok := events[key]
	if !ok {
		return nil, fault.Missing("event", id)
	}
	message, err := eventToProto(event, req.GetBodyFormat())
	if err != nil {
		return nil, err
	}
	return &ingestv1.GetEventResponse{Event: message}, nil
}

func (s *Server) BatchGetEvents(ctx context.Context, req *ingestv1.BatchGetEventsRequest) (*ingestv1.BatchGetEventsResponse, error) {
	keys := make([]store.EventKey, len(req.GetEventIds()))
	for i, text := range req.GetEventIds() {
		id, err := parseID("event_ids", text)
		if err != nil {
			return nil, err
		}
		keys[i] = store.EventKey{ProjectID: req.GetProjectId(), EventID: id}
	}
	events, err := s.store.Events(ctx, keys)
	if err != nil {
		return nil, err
	}
	resp := &ingestv1.BatchGetEventsResponse{}
	for _, key := range keys {
		event, ok := events[key]
		if !ok {
			continue
		}
		message, err := eventToProto(event, req.GetBodyFormat())
		if err != nil {
			return nil, err
		}
		resp.Events = append(resp.Events, message)
	}
	return resp, nil
}

func (s *Server) GetOccurrence(ctx context.Context, req *ingestv1.GetOccurrenceRequest) (*ingestv1.GetOccurrenceResponse, error) {
	id, err := parseID("occurrence_id", req.GetOccurrenceId())
	if err != nil {
		return nil, err
	}
	occurrence, err := s.store.Occurrence(ctx, req.GetProjectId(), id)
	if err != nil {
		return nil, err
	}
	message, err := occurrenceToProto(occurrence)
	if err != nil {
		return nil, err
	}
	return &ingestv1.GetOccurrenceResponse{Occurrence: message}, nil
}

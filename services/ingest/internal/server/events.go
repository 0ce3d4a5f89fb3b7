package server

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

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

// eventsRead is how many events are read at once, each of up to 1 MiB: what has no room in the answer is mostly not read.
const eventsRead = 32

func (s *Server) BatchGetEvents(ctx context.Context, req *ingestv1.BatchGetEventsRequest) (*ingestv1.BatchGetEventsResponse, error) {
	keys := make([]store.EventKey, len(req.GetEventIds()))
	for i, text := range req.GetEventIds() {
		id, err := parseID("event_ids", text)
		if err != nil {
			return nil, err
		}
		keys[i] = store.EventKey{ProjectID: req.GetProjectId(), EventID: id}
	}
	resp := &ingestv1.BatchGetEventsResponse{}
	answered := 0
	for page := range slices.Chunk(keys, eventsRead) {
		n, err := s.addEvents(ctx, resp, page, req.GetBodyFormat())
		if err != nil {
			return nil, err
		}
		if answered += n; n < len(page) {
			break
		}
	}
	resp.RemainingEventIds = req.GetEventIds()[answered:]
	return resp, nil
}

// addEvents adds events while there is room in the answer, and gives how many of the keys that settles.
func (s *Server) addEvents(ctx context.Context, resp *ingestv1.BatchGetEventsResponse, keys []store.EventKey, format ingestv1.EventBodyFormat) (int, error) {
	events, err := s.store.Events(ctx, keys)
	if err != nil {
		return 0, err
	}
	size := proto.Size(resp)
	for i, key := range keys {
		event, ok := events[key]
		if !ok {
			continue
		}
		message, err := eventToProto(event, format)
		if err != nil {
			return 0, err
		}
		if size += proto.Size(message); size > maxAnswerBytes && len(resp.GetEvents()) > 0 {
			return i, nil
		}
		resp.Events = append(resp.Events, message)
	}
	return len(keys), nil
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

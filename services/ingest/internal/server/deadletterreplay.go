package server

import (
	"context"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/services/ingest/internal/deadletters"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

func (s *Server) ReplayDeadLetters(ctx context.Context, req *ingestv1.ReplayDeadLettersRequest) (*ingestv1.ReplayDeadLettersResponse, error) {
	var counts deadletters.Counts
	var err error
	if named := req.GetDeadLetters(); named != nil {
		counts, err = s.replayer.Named(ctx, keysFromProto(named))
	} else {
		counts, err = s.replayer.Matching(ctx, filterFromProto(req.GetFilter()))
	}
	if err != nil {
		return nil, err
	}
	return &ingestv1.ReplayDeadLettersResponse{ReplayedCount: counts.Replayed, FailedCount: counts.Failed}, nil
}

func (s *Server) DiscardDeadLetters(ctx context.Context, req *ingestv1.DiscardDeadLettersRequest) (*ingestv1.DiscardDeadLettersResponse, error) {
	var discarded int64
	var err error
	if named := req.GetDeadLetters(); named != nil {
		discarded, err = s.store.DiscardDeadLetters(ctx, keysFromProto(named))
	} else {
		discarded, err = s.discardMatching(ctx, filterFromProto(req.GetFilter()))
	}
	if err != nil {
		return nil, err
	}
	return &ingestv1.DiscardDeadLettersResponse{DiscardedCount: discarded}, nil
}

const discardPage = 1000

// discardMatching discards what was there when it began, in steps that hold no lock for long.
func (s *Server) discardMatching(ctx context.Context, filter store.DeadLetterFilter) (int64, error) {
	if now := s.now(); filter.ReceivedBefore == nil || now.Before(*filter.ReceivedBefore) {
		filter.ReceivedBefore = &now
	}
	var sum int64
	var after store.DeadLetterPosition
	for {
		places, err := s.store.NextDeadLetterPositions(ctx, filter, after, discardPage)
		if err != nil || len(places) == 0 {
			return sum, err
		}
		keys := make([]store.DeadLetterKey, len(places))
		for i, place := range places {
			keys[i] = place.Key()
		}
		discarded, err := s.store.DiscardDeadLetters(ctx, keys)
		if err != nil {
			return sum, err
		}
		sum, after = sum+discarded, places[len(places)-1]
	}
}

func keysFromProto(named *ingestv1.DeadLetterIds) []store.DeadLetterKey {
	keys := make([]store.DeadLetterKey, len(named.GetIds()))
	for i, id := range named.GetIds() {
		keys[i] = store.DeadLetterKey{ProjectID: id.GetProjectId(), Topic: id.GetTopic(), Partition: id.GetPartition(), Offset: id.GetOffset()}
	}
	return keys
}

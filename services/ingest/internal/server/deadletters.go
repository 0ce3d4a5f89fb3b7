package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const (
	defaultPageSize = 20
	maxPageSize     = 100
)

// maxAnswerBytes is what of a list goes into one answer: clients take 4 MiB unless told otherwise.
const maxAnswerBytes = 3 << 20

func (s *Server) ListDeadLetters(ctx context.Context, req *ingestv1.ListDeadLettersRequest) (*ingestv1.ListDeadLettersResponse, error) {
	binding := pagetoken.Bind(req)
	var after *store.DeadLetterPosition
	if token := req.GetPageToken(); token != "" {
		position, err := pagetoken.Decode[store.DeadLetterPosition](binding, token)
		if err != nil {
			return nil, err
		}
		after = &position
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultPageSize
	}
	size = min(size, maxPageSize)
	letters, err := s.store.DeadLetters(ctx, filterFromProto(req.GetFilter()), after, size+1)
	if err != nil {
		return nil, err
	}
	page := firstPage(letters, size)
	resp := &ingestv1.ListDeadLettersResponse{}
	for _, letter := range page {
		resp.DeadLetters = append(resp.DeadLetters, deadLetterToProto(letter))
	}
	if len(page) < len(letters) {
		resp.NextPageToken, err = pagetoken.Encode(binding, page[len(page)-1].Position())
	}
	return resp, err
}

// firstPage ends a page early where its records would make the answer too large.
func firstPage(letters []store.DeadLetter, size int) []store.DeadLetter {
	bytes := 0
	for i, letter := range letters[:min(size, len(letters))] {
		bytes += len(letter.Value) + len(letter.Key)
		if i > 0 && bytes > maxAnswerBytes {
			return letters[:i]
		}
	}
	return letters[:min(size, len(letters))]
}

func filterFromProto(f *ingestv1.DeadLetterFilter) store.DeadLetterFilter {
	filter := store.DeadLetterFilter{Reason: ingest.DeadLetterReason(f.GetReason())}
	if f != nil {
		filter.ProjectID = f.ProjectId
	}
	filter.ReceivedAfter, filter.ReceivedBefore = timeFromProto(f.GetReceivedAfter()), timeFromProto(f.GetReceivedBefore())
	return filter
}

func timeFromProto(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	at := t.AsTime()
	return &at
}

func deadLetterToProto(l store.DeadLetter) *ingestv1.DeadLetter {
	message := &ingestv1.DeadLetter{
		ProjectId: l.ProjectID, Topic: l.Topic, Partition: l.Partition, Offset: l.Offset,
		Reason: ingestv1.DeadLetterReason(l.Reason), Detail: l.Detail, RecordKey: l.Key, RecordValue: l.Value,
		ReceivedTime: timestamppb.New(l.Received),
	}
	if !l.RetryAt.IsZero() {
		message.RetryTime = timestamppb.New(l.RetryAt)
	}
	return message
}

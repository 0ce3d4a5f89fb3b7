package consumer

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/grpc/codes"

	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

var errTooLarge = fmt.Errorf("the record has more than %d bytes", ingest.MaxMessageBytes)

// deadLetter keeps a record with the reason for which it was not processed.
func deadLetter(record *kgo.Record, projectID int64, received time.Time, err error) store.DeadLetter {
	reason, detail := reasonOf(err)
	letter := store.DeadLetter{
		DeadLetterKey: store.DeadLetterKey{
			ProjectID: projectID, Topic: record.Topic, Partition: record.Partition, Offset: record.Offset,
		},
		Reason: reason, Detail: detail, Key: record.Key, Value: record.Value, Received: received,
	}
	if letter.Reason == ingest.DeadEventNotStored {
		// Its offset is committed, and it gives up its place in the order: the event may be minutes away.
		letter.RetryAt = received.Add(parkTime)
	}
	return letter
}

func reasonOf(err error) (ingest.DeadLetterReason, string) {
	if errors.Is(err, errTooLarge) {
		return ingest.DeadTooLarge, err.Error()
	}
	return pipeline.Refusal(err)
}

// isSuspicious tells whether an error may come from the item or from a dependency that is not well: it is tried a
// few times before the item is blamed.
func isSuspicious(err error) bool {
	code := grpcserver.StatusOf(err).Code()
	return code == codes.Internal || code == codes.Unknown
}

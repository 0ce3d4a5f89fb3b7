package consumer

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const (
	parkTime      = 15 * time.Second // until an occurrence whose event is not stored is tried again
	maxSuspicious = 5                // tries of an item that fails in a way that may be its own
)

var errTooLarge = fmt.Errorf("the record has more than %d bytes", ingest.MaxMessageBytes)

// deadLetter keeps a record with the reason for which it was not processed.
func deadLetter(d *delivery, err error) *store.DeadLetter {
	record := d.record
	reason, detail := reasonOf(err)
	letter := &store.DeadLetter{
		DeadLetterKey: store.DeadLetterKey{
			ProjectID: d.key.project, Topic: record.Topic, Partition: record.Partition, Offset: record.Offset,
		},
		Reason: reason, Detail: detail, Key: record.Key, Value: record.Value, Received: d.received,
	}
	for _, h := range record.Headers {
		letter.Headers = append(letter.Headers, store.Header{Key: h.Key, Value: h.Value})
	}
	if letter.Reason == ingest.DeadEventNotStored {
		// Its offset is committed, and it gives up its place in the order: the event may be minutes away.
		letter.RetryAt = d.received.Add(parkTime)
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

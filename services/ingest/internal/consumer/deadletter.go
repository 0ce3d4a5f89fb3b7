package consumer

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/picket-io/picket/pkg/fault"
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
	letter := &store.DeadLetter{
		DeadLetterKey: store.DeadLetterKey{
			ProjectID: d.key.project, Topic: record.Topic, Partition: record.Partition, Offset: record.Offset,
		},
		Reason: reasonOf(err), Detail: detailOf(err), Key: record.Key, Value: record.Value, Received: d.received,
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

func reasonOf(err error) ingest.DeadLetterReason {
	var f *fault.Error
	switch {
	case errors.Is(err, errTooLarge):
		return ingest.DeadTooLarge
	case !errors.As(err, &f):
		return ingest.DeadRefused
	case f.Reason == ingest.ReasonMalformed:
		return ingest.DeadMalformed
	case f.Reason == pipeline.ReasonEventNotStored:
		return ingest.DeadEventNotStored
	case f.Kind == fault.NotFound && f.Resource.Type == "project":
		return ingest.DeadUnknownProject
	case f.Kind == fault.Invalid:
		return ingest.DeadInvalid
	default:
		return ingest.DeadRefused
	}
}

// detailOf is what a caller would be told.
func detailOf(err error) string {
	var f *fault.Error
	switch {
	case errors.Is(err, errTooLarge):
		return err.Error()
	case errors.As(err, &f):
		return f.Message
	default:
		return grpcserver.StatusOf(err).Message()
	}
}

// isSuspicious tells whether an error may come from the item or from a dependency that is not well: it is tried a
// few times before the item is blamed.
func isSuspicious(err error) bool {
	code := grpcserver.StatusOf(err).Code()
	return code == codes.Internal || code == codes.Unknown
}

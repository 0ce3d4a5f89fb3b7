package consumer

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/grpc/codes"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

var errTooLarge = fmt.Errorf("the record has more than %d bytes", ingest.MaxMessageBytes)

// deadLetter keeps a record with the reason for which it was not processed.
func deadLetter(record *kgo.Record, projectID int64, received time.Time, err error) store.DeadLetter {
	letter := store.DeadLetter{
		DeadLetterKey: store.DeadLetterKey{
			ProjectID: projectID, Topic: record.Topic, Partition: record.Partition, Offset: record.Offset,
		},
		Reason: reasonOf(err), Detail: detailOf(err), Key: record.Key, Value: record.Value, Received: received,
	}
	if letter.Reason == ingest.DeadEventNotStored {
		// Its offset is committed, and it gives up its place in the order: the event may be minutes away.
		letter.RetryAt = received.Add(parkTime)
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

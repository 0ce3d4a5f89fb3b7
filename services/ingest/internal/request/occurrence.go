// Package request reads what senders write: requests of the contract, and Kafka records in either of their encodings.
package request

import (
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// Checked is Occurrence for a request that has come with others, or not over gRPC: it checks also what the server
// checks of a lone one.
func Checked(req *ingestv1.IngestOccurrenceRequest, received time.Time) (ingest.Item, error) {
	if err := grpcserver.Validate(req); err != nil {
		return ingest.Item{}, err
	}
	return Occurrence(req, received)
}

// Occurrence reads a request that keeps to the rules of its proto. An error names fields as the request has them.
func Occurrence(req *ingestv1.IngestOccurrenceRequest, received time.Time) (ingest.Item, error) {
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

package pipeline

import (
	"errors"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/grpcserver"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// Refusal says why a record with this error is a dead letter, for programs and in words: what a caller would be told.
func Refusal(err error) (ingest.DeadLetterReason, string) {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ingest.DeadRefused, grpcserver.StatusOf(err).Message()
	}
	switch {
	case f.Reason == ingest.ReasonMalformed:
		return ingest.DeadMalformed, f.Message
	case f.Reason == ReasonEventNotStored:
		return ingest.DeadEventNotStored, f.Message
	case f.Kind == fault.NotFound && f.Resource.Type == "project":
		return ingest.DeadUnknownProject, f.Message
	case f.Kind == fault.Invalid:
		return ingest.DeadInvalid, f.Message
	default:
		return ingest.DeadRefused, f.Message
	}
}

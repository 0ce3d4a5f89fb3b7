package ingest

// DeadLetterReason says why a record could not be processed. The numbers are those of
// picket.ingest.v1.DeadLetterReason.
type DeadLetterReason int16

// The reasons.
const (
	DeadMalformed      DeadLetterReason = 1
	DeadInvalid        DeadLetterReason = 2
	DeadUnknownProject DeadLetterReason = 3
	DeadTooLarge       DeadLetterReason = 4
	DeadEventNotStored DeadLetterReason = 5
	DeadRefused        DeadLetterReason = 6
)

package ingest

import "time"

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

const (
	firstWait = 15 * time.Second
	// WaitForEvent is how long an occurrence that came over Kafka waits for its event to be stored.
	WaitForEvent = 15 * time.Minute
)

// NextTry is when an occurrence that waits for its event is tried after now: when it has waited twice as long, at
// last when WaitForEvent is over. A try that is later than that, because nobody could be asked, is repeated soon.
func NextTry(received, now time.Time) time.Time {
	last := received.Add(WaitForEvent)
	next := now.Add(max(firstWait, now.Sub(received)))
	if next.After(last) && now.Before(last) {
		return last
	}
	if next.After(last) {
		return now.Add(firstWait)
	}
	return next
}

// WaitIsOver tells whether a try at this time was the last one of a letter.
func WaitIsOver(received, now time.Time) bool { return !now.Before(received.Add(WaitForEvent)) }

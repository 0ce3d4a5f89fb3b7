package traces

import (
	"math"
	"time"
)

// Refusal is the reason why one span is not stored. It is a metric label and part of the answer to the sender.
type Refusal string

// The refusals.
const (
	Accepted       Refusal = ""
	BadTraceID     Refusal = "bad_trace_id"
	BadSpanID      Refusal = "bad_span_id"
	BadParentID    Refusal = "bad_parent_span_id"
	NoStart        Refusal = "no_start_time"
	EndBeforeStart Refusal = "end_before_start"
	TooOld         Refusal = "too_old"
	InFuture       Refusal = "in_future"
	NoProject      Refusal = "no_project"
	BadProject     Refusal = "bad_project_id"
	UnknownProject Refusal = "unknown_project"
	NotStorable    Refusal = "not_storable"
)

var refusalTexts = map[Refusal]string{
	BadTraceID:     "the trace id is not 16 bytes or all of them are zero",
	BadSpanID:      "the span id is not 8 bytes or all of them are zero",
	BadParentID:    "the parent span id is neither empty nor 8 bytes",
	NoStart:        "the start time is missing",
	EndBeforeStart: "the span ends before it starts",
	TooOld:         "the span is older than the retention time",
	InFuture:       "the span ends more than 24 hours from now",
	NoProject:      "neither the resource attribute picket.project_id nor the metadata picket-project-id names a project",
	BadProject:     "the project id is not a positive integer",
	UnknownProject: "the project does not exist",
	NotStorable:    "the database refuses a value of the span",
}

// Text says what is wrong, for the sender.
func (r Refusal) Text() string { return refusalTexts[r] }

// aheadLimit is how far a sender's clock may be ahead.
const aheadLimit = 24 * time.Hour

// Window is the time in which a span may end.
type Window struct{ From, To time.Time }

// AcceptedAt is the window of spans that are received now.
func AcceptedAt(now time.Time, retention time.Duration) Window {
	return Window{From: now.Add(-retention), To: now.Add(aheadLimit)}
}

func refuse(r *Received, accepted Window) Refusal {
	switch {
	case len(r.TraceID) != len(TraceID{}) || allZero(r.TraceID):
		return BadTraceID
	case len(r.SpanID) != len(SpanID{}) || allZero(r.SpanID):
		return BadSpanID
	case len(r.ParentID) != 0 && len(r.ParentID) != len(SpanID{}):
		return BadParentID
	case r.StartNanos == 0:
		return NoStart
	case r.EndNanos < r.StartNanos:
		return EndBeforeStart
	case r.EndNanos > math.MaxInt64:
		return InFuture
	}
	switch end := time.Unix(0, int64(r.EndNanos)); {
	case end.Before(accepted.From):
		return TooOld
	case end.After(accepted.To):
		return InFuture
	}
	return Accepted
}

func allZero(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}

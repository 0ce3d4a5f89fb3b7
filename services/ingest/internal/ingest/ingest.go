// Package ingest holds the rules of the door: what a well-formed message is, what is kept of it, and what may come
// in. It does no I/O and asks no clock; both doors, Kafka and gRPC, end in the same Item.
package ingest

import (
	"slices"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Kind says what an item is. The numbers are stored.
type Kind int16

// The kinds.
const (
	KindOccurrence   Kind = 1
	KindErrorEvent   Kind = 2
	KindStatusChange Kind = 3
	KindUnknown      Kind = 4 // none of Picket's business; the door drops it
)

// Item is one thing that came in, checked and brought into its stored form.
type Item struct {
	Kind      Kind
	ProjectID int64
	ID        ID
	// Time comes from the message alone, never from a clock, because it is part of the item's identity: the same
	// message always has the same. Status changes have none.
	Time     time.Time
	Received time.Time

	Occurrence   *Occurrence   // of an occurrence
	Event        *Event        // of an occurrence that came with its event; without one its event is stored already
	ErrorEvent   *ErrorEvent   // of an error event, beside Event
	StatusChange *StatusChange // of a status change
}

// EventID is the id of the event that the item is or points to.
func (i Item) EventID() ID {
	if i.Occurrence != nil {
		return i.Occurrence.EventID
	}
	return i.ID
}

// Likeness guesses which finished items will be of one issue: they have the same, and those of like ones begin alike.
func (i Item) Likeness() string {
	if i.Occurrence != nil {
		return i.Occurrence.Fingerprint[0]
	}
	e := &i.Event.Searchable
	return strings.Join(slices.Concat([]string{e.Platform}, e.Errors.Types, e.Stack.Functions, []string{e.Message}), "\n")
}

// Verdict is what became of an item.
type Verdict struct {
	Outcome      issue.Outcome
	GroupID      int64
	ShortID      string
	IsNew        bool
	IsRegression bool
	Changed      bool // for status changes
	Repeated     bool
}

// StatusChange asks for the status of the issue that has a hash.
type StatusChange struct {
	Hash      string
	Status    issue.Status
	Substatus issue.Substatus
}

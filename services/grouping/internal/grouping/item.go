// Package grouping holds the rules by which items become issues: which group an item belongs to, what it does to
// that group, and which changes of status are allowed. It does no I/O: the store loads a state, the rules fold
// items over it, and the store writes the difference.
package grouping

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/issue"
)

// Kind says what an item is. The numbers are stored.
type Kind int16

// The kinds.
const (
	KindOccurrence   Kind = 1
	KindErrorEvent   Kind = 2
	KindStatusChange Kind = 3
)

// Hash is the digest of one fingerprint part, its bytes, or a short checksum, its text.
type Hash string

// HashOf reads 32 hexadecimal digits, as they are written, in small letters. Anything else is a checksum.
func HashOf(text string) Hash {
	const length = 16
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == length && text == strings.ToLower(text) {
		return Hash(raw)
	}
	return Hash(text)
}

// Item is one thing to judge: an occurrence, an error event or a status change. An error event is judged like an
// occurrence of the type error, which is made of it when its hashes are computed.
type Item struct {
	ID           uuid.UUID
	Time         time.Time // from the message itself; zero for status changes
	ReceivedAt   time.Time
	Occurrence   *Occurrence
	ErrorEvent   *ErrorEvent
	StatusChange *StatusChange
}

// Kind says what the item is.
func (i Item) Kind() Kind {
	switch {
	case i.StatusChange != nil:
		return KindStatusChange
	case i.ErrorEvent != nil:
		return KindErrorEvent
	default:
		return KindOccurrence
	}
}

// Key identifies an item within its project.
func (i Item) Key() ItemKey {
	return ItemKey{Kind: i.Kind(), ID: i.ID, Time: i.Time.UnixMicro()}
}

// ItemKey identifies an item within its project.
type ItemKey struct {
	Kind Kind
	ID   uuid.UUID
	Time int64 // microseconds since the epoch
}

// Hashes are the hashes that the item names, the deciding one first.
func (i Item) Hashes() []Hash {
	if i.StatusChange != nil {
		return []Hash{i.StatusChange.Hash}
	}
	return i.Occurrence.Hashes
}

// Lookups are the hashes by which a group is found: those that the item names, and those before them.
func (i Item) Lookups() []Hash {
	if i.StatusChange != nil || len(i.Occurrence.Secondary) == 0 {
		return i.Hashes()
	}
	return append(slices.Clip(i.Occurrence.Hashes), i.Occurrence.Secondary...)
}

// ErrorEvent is an error event as it was sent.
type ErrorEvent struct {
	Event       Event
	Level       issue.Level
	Fingerprint []string
	Checksum    string
	Inputs      map[string]any // what hashes, title and culprit are made of; dropped when they are
}

// Occurrence is a detection.
type Occurrence struct {
	// Of an occurrence, the first decides; of an error event, the first that has a group. The others are linked to
	// that group.
	Hashes []Hash
	// Secondary are hashes by the algorithm that the project had before. They only find a group, where no other does.
	Secondary []Hash
	// Algorithm is the version by which the hashes were computed; 0: they came with the occurrence.
	Algorithm int16

	Type     issue.Type
	Title    string
	Subtitle string
	Culprit  string
	Level    issue.Level
	Priority issue.Priority // NoPriority: the type's default
	Assignee Assignee       // of the group that it makes
	Metadata map[string]any
	Event    Event
}

// Event is the searchable part of an event.
type Event struct {
	ID          uuid.UUID
	SeenTime    time.Time
	Platform    string
	Environment string
	Release     string
	Dist        string
	Message     string
	Transaction string
	User        User
	TraceID     uuid.UUID // zero when the event has none
	SpanID      string
	SDKName     string
	SDKVersion  string
	Tags        map[string]string
	Fields      map[string]any // texts and doubles that few events have, by the names that searches use
	Errors      Errors
	Stack       *Stack // nil when the event has no frames
}

// Errors is what searches read of an event's exceptions.
type Errors struct {
	Types, Values, Mechanisms []string
	Unhandled                 bool
	MainThread                *bool // nil: not known
}

// User is who was affected.
type User struct {
	ID, Email, Username, IPAddress string
}

// StatusChange asks for a status.
type StatusChange struct {
	Hash      Hash
	Status    issue.Status
	Substatus issue.Substatus
}

// Judgement is what was decided, once, about an item.
type Judgement struct {
	Outcome      issue.Outcome
	GroupID      int64 // 0 when the item has no group
	ShortID      int64
	IsNew        bool
	IsRegression bool
	Changed      bool // for status changes
	Repeated     bool
}

// KeepPayload says whether the payload of the item is to be kept.
func (j Judgement) KeepPayload() bool {
	switch j.Outcome {
	case issue.DroppedDiscarded, issue.DroppedErased, issue.DroppedTooOld, issue.DroppedInFuture:
		return false
	default:
		return true
	}
}

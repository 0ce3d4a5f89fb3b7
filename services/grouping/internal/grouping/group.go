package grouping

import (
	"maps"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Group is an issue, as it is stored.
type Group struct {
	ID             int64
	ShortID        int64
	Type           int32
	Status         issue.Status
	Substatus      issue.Substatus
	Priority       issue.Priority
	PriorityLocked time.Time // since when only people change it; zero: not so
	Assignee       string
	Text           Text
	Metadata       map[string]any
	FirstSeen      time.Time
	FirstRelease   string
	ActiveAt       time.Time
	ResolvedAt     time.Time // zero when it is not resolved
	CreatedAt      time.Time
	InboxReason    issue.InboxReason
	InInbox        bool
	InboxSince     time.Time // since when it waits there
	StatusSince    time.Time // since when it has its status and substatus
	Version        int64     // of what people and services change; items that only count leave it
	Snooze         *Snooze   // what it waits for while it is archived; nil for nothing
	Fix            *Fix      // what it was resolved by; nil for a time alone
	First          FirstEvent

	Counters Counters
	Marks    Marks
}

// FirstEvent is what the event that made a group said, so that those after it need not say the same. It never changes, and is
// zero where a group was split off, or made by a version that kept none.
type FirstEvent struct {
	Hash        Hash
	Culprit     string
	Transaction string
	Platform    string
	Dist        string
	SDKName     string
	SDKVersion  string
}

// Text is what follows the item with the latest (seen time, item id), so that an item that arrives late does not
// overwrite newer text.
type Text struct {
	Title    string
	Culprit  string
	Message  string
	Level    issue.Level
	Platform string
}

// Names of metadata that the rules read.
const (
	metadataTitle           = "title"
	metadataValue           = "value"
	metadataInitialPriority = "initial_priority"
	metadataSDK             = "sdk"
)

const (
	maxMessage = 255
	maxCulprit = 200
)

// newGroup makes the group that an occurrence is the first of.
func newGroup(id, shortID int64, item Item, now time.Time) *Group {
	o := item.Occurrence
	priority := o.Priority
	if priority == issue.NoPriority {
		priority = o.Type.DefaultPriority
	}
	metadata := metadataOf(o)
	metadata[metadataInitialPriority] = float64(priority) // as JSON gives it back
	if o.Event.SDKName != "" {
		metadata[metadataSDK] = map[string]any{"name": o.Event.SDKName, "name_normalized": normalizedSDK(o.Event.SDKName)}
	}
	return &Group{
		ID: id, ShortID: shortID, Type: o.Type.ID, First: firstEventOf(o),
		Status: issue.Unresolved, Substatus: issue.New, Priority: priority, Assignee: o.Assignee.Who,
		Text: textOf(o), Metadata: metadata,
		FirstSeen: o.Event.SeenTime, FirstRelease: o.Event.Release, ActiveAt: o.Event.SeenTime, CreatedAt: now,
		StatusSince: now, InboxSince: now, Version: 1,
		InInbox: true, InboxReason: issue.InboxNew,
		Counters: Counters{
			TimesSeen: 1, LastSeen: o.Event.SeenTime, LastItemID: item.ID, Hashes: 1, Environments: map[string]EnvironmentCounts{},
		},
	}
}

func firstEventOf(o *Occurrence) FirstEvent {
	e := &o.Event
	return FirstEvent{
		Hash: o.Hashes[0], Culprit: o.Culprit, Transaction: e.Transaction, Platform: e.Platform, Dist: e.Dist,
		SDKName: e.SDKName, SDKVersion: e.SDKVersion,
	}
}

func textOf(o *Occurrence) Text {
	return Text{
		Title: o.Title, Culprit: cut(o.Culprit, maxCulprit), Message: messageOf(o), Level: o.Level, Platform: o.Event.Platform,
	}
}

func metadataOf(o *Occurrence) map[string]any {
	metadata := maps.Clone(o.Metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	delete(metadata, metadataInitialPriority) // set once, when the group is made
	delete(metadata, metadataSDK)
	metadata[metadataTitle] = o.Title
	metadata[metadataValue] = o.Subtitle
	return metadata
}

// messageOf is the text in which message searches look: the event's message, then title, subtitle and culprit
// where they add something.
func messageOf(o *Occurrence) string {
	message := o.Event.Message
	for _, addition := range []string{o.Title, o.Subtitle, o.Culprit} {
		if !strings.Contains(message, addition) {
			message = strings.TrimSpace(message + " " + addition)
		}
	}
	firstLine, _, _ := strings.Cut(message, "\n")
	return cut(firstLine, maxMessage)
}

// cut keeps the first characters of a text.
func cut(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	for at := range text {
		if characters == 0 {
			return text[:at]
		}
		characters--
	}
	return text
}

// placeholders are titles that say nothing; they never replace a real one.
var placeholders = []string{"", "<untitled>", "<unknown>", "<unlabeled event>", "Error"}

func isPlaceholder(title string) bool {
	for _, p := range placeholders {
		if title == p {
			return true
		}
	}
	return false
}

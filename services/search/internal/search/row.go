package search

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Issue is an issue as searches read it.
type Issue struct {
	ProjectID   int64
	ID          int64
	ShortID     int64
	Type        int32
	Status      issue.Status
	Substatus   issue.Substatus
	Priority    issue.Priority
	Assignee    string
	Title       string
	Culprit     string
	Message     string
	Level       issue.Level
	Platform    string
	Metadata    []byte // a JSON object
	FirstSeen   time.Time
	LastSeen    time.Time
	TimesSeen   int64
	ResolvedAt  *time.Time
	InboxReason *issue.InboxReason // nil outside the inbox
	Version     int64
	UsersSeen   int64
	Relations
}

// Counts sums up events of one issue. The times are nil when there is no event.
type Counts struct {
	Events    int64
	Users     int64
	FirstSeen *time.Time
	LastSeen  *time.Time
}

// Row is an issue that was found.
type Row struct {
	Issue    Issue
	Score    float64
	Matching Counts // over the events that matched
	Window   Counts // over all events of the window and the environments
	Series   []Point
	Latest   *Event // of the window and the environments
}

// Point is one bucket of a series.
type Point struct {
	Time  time.Time
	Count int64
}

// Event is what is searchable of one event.
type Event struct {
	ProjectID   int64
	EventID     [16]byte
	SeenTime    time.Time
	ReceivedAt  time.Time
	Title       string
	Message     string
	Culprit     string
	Transaction string
	Level       issue.Level
	Platform    string
	Environment string
	Release     string
	Dist        string
	UserID      string
	UserEmail   string
	UserName    string
	UserIP      string
	TraceID     *[16]byte
	SpanID      string
	SDKName     string
	SDKVersion  string
	Tags        map[string]string
	Fields      map[string]any // texts and numbers
	ErrorTypes  []string
	ErrorValues []string
	Mechanisms  []string
	Unhandled   *bool // nil: not so
	OnMain      *bool // nil: not known
}

// Name tells an issue from all others.
type Name struct {
	ProjectID int64
	ID        int64
}

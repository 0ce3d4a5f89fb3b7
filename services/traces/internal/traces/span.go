package traces

// Span is one stored span.
type Span struct {
	OrganizationID int64
	ProjectID      int64
	TraceID        TraceID
	SpanID         SpanID
	ParentID       SpanID // zero for a root
	SegmentID      SpanID // zero when the segment was not among the spans that came with it
	IsSegment      bool

	Name        string // as the sender named it
	Kind        Kind
	Op          string // in lower case
	Description string
	Status      Status
	Category    string
	Transaction string
	Service     string
	Environment string
	Release     string
	User        string // `id:42`, `email:a@b`, `username:a` or `ip:1.2.3.4`
	SDKName     string

	StartNanos int64 // since the epoch
	EndNanos   int64
	SelfNanos  int64 // without the time of its children, as far as the sender says; else the whole duration

	Attributes Attributes // those of the resource with the prefix `resource.`, the scope's with `instrumentation.`
	Events     []Event
	Links      []Link

	Errors []ErrorEvent // of its exceptions, to be sent on; they are not kept with the span
}

// ErrorEvent is what becomes of an exception.
type ErrorEvent struct {
	ID   [16]byte
	Body []byte // JSON
}

// DurationNanos is how long the span took.
func (s *Span) DurationNanos() int64 { return s.EndNanos - s.StartNanos }

// Attributes maps keys to string, bool, int64, float64, []any or map[string]any. Everything in them can be
// written as JSON and stored by PostgreSQL.
type Attributes map[string]any

// Event is something that happened at one moment of a span.
type Event struct {
	TimeNanos  int64      `json:"time_unix_nano"`
	Name       string     `json:"name"`
	Attributes Attributes `json:"attributes,omitempty"`
}

// Link points from a span to another one, often of another trace.
type Link struct {
	TraceID    string     `json:"trace_id"`
	SpanID     string     `json:"span_id"`
	Sampled    bool       `json:"sampled"`
	Attributes Attributes `json:"attributes,omitempty"`
}

// Kind is OTLP's kind of a span. The numbers are those of OTLP.
type Kind int

// The kinds that rules ask for.
const (
	KindServer   Kind = 2
	KindClient   Kind = 3
	KindConsumer Kind = 5
)

var kindNames = [...]string{"", "internal", "server", "client", "producer", "consumer"}

// String is the name of a kind, empty when the sender gave none.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return ""
	}
	return kindNames[k]
}

package search

// TraceCount is how many events a trace has.
type TraceCount struct {
	TraceID     string
	Errors      int64
	Occurrences int64
}

// TraceIssue is an issue that has an event in a span, or in a trace outside any span when SpanID is empty.
type TraceIssue struct {
	ProjectID int64
	IssueID   int64
	ShortID   int64
	Title     string
	EventID   [16]byte
	SpanID    string
}

package search

// Explained is what the database says of a statement.
type Explained struct {
	SQL          string
	Arguments    []string
	Plan         string
	Indexes      []string
	Cost         float64  // estimated
	Milliseconds *float64 // measured; nil when it was not carried out
}

// Subject is what a condition asks about.
type Subject int

// The subjects.
const (
	OfIssue Subject = iota
	OfEvent
	OfAggregate
)

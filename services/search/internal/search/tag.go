package search

import "time"

// TagKey is a tag key with how many events have it and how many values it has there.
type TagKey struct {
	Key    string
	Events int64
	Values int64
}

// TagValue is a value of a tag with the events that have it.
type TagValue struct {
	Value               string
	Events              int64
	FirstSeen, LastSeen time.Time
}

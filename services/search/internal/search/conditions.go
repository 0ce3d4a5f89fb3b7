package search

import "time"

// Snooze is what an archived issue waits for.
type Snooze struct {
	Until             *time.Time `json:"until"`
	Count             int64      `json:"count"` // events; 0: no number
	WindowSeconds     int32      `json:"window_seconds"`
	UserCount         int64      `json:"user_count"`
	UserWindowSeconds int32      `json:"user_window_seconds"`
	TimesSeen         int64      `json:"times_seen"` // when it was archived
	UsersSeen         int64      `json:"users_seen"`
	Actor             string     `json:"actor"`
}

// Left gives how many more events and users lift an issue again. Those of a window come and go, so their numbers stay.
func (s Snooze) Left(i Issue) (events, users int64) {
	events, users = s.Count, s.UserCount
	if s.WindowSeconds == 0 {
		events = max(0, events-(i.TimesSeen-s.TimesSeen))
	}
	if s.UserWindowSeconds == 0 {
		users = max(0, users-(i.UsersSeen-s.UsersSeen))
	}
	return events, users
}

// Resolution is what an issue was resolved by, where that is more than a time.
type Resolution struct {
	Kind       ResolutionKind `json:"kind"`
	Release    string         `json:"release"`
	Repository string         `json:"repository"`
	CommitID   string         `json:"commit_id"`
	Actor      string         `json:"actor"`
}

// ResolutionKind is as grouping stores it.
type ResolutionKind int16

// The kinds of resolutions.
const (
	InRelease     ResolutionKind = 0
	InNextRelease ResolutionKind = 1
	InUpcoming    ResolutionKind = 2
	InCommit      ResolutionKind = 3
)

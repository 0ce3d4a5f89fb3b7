package search

import "time"

// Activity is one thing that happened to an issue.
type Activity struct {
	ID        int64
	Type      int16
	Actor     string
	Details   []byte // a JSON object
	CreatedAt time.Time
}

// activityNames are by the numbers that grouping stores.
var activityNames = map[int16]string{
	0: "first_seen", 1: "set_resolved", 2: "set_unresolved", 3: "set_ignored", 4: "set_public", 5: "set_private",
	6: "set_regression", 11: "assigned", 12: "unassigned", 13: "set_resolved_in_release", 14: "merge", 15: "set_resolved_by_age", 16: "set_resolved_in_commit", 19: "unmerge_source", 20: "unmerge_destination",
	23: "mark_reviewed", 24: "auto_set_ongoing", 25: "set_escalating", 26: "set_priority",
}

// TypeName names what happened; it is empty for what this version does not know.
func (a Activity) TypeName() string { return activityNames[a.Type] }

package ingest

import (
	"slices"
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Refuse says whether the door drops an item of a project, and why. Nothing is stored of what it drops.
func Refuse(item Item, enabledTypes []int32, retention time.Duration) (issue.Outcome, bool) {
	if item.Kind == KindUnknown {
		return issue.DroppedUnknownPayloadType, true
	}
	if item.Occurrence != nil && !typeEnabled(item.Occurrence.Type, enabledTypes) {
		return issue.DroppedTypeNotEnabled, true
	}
	if item.Kind == KindStatusChange { // has no time of its own
		return 0, false
	}
	if item.Time.Before(item.Received.Add(-retention)) {
		return issue.DroppedTooOld, true
	}
	if item.Time.After(item.Received.Add(MaxAhead)) {
		return issue.DroppedInFuture, true
	}
	return 0, false
}

// typeEnabled: released types come in everywhere, the others where a project names them.
func typeEnabled(id int32, enabled []int32) bool {
	t, known := issue.TypeByID(id)
	return known && t.Released || slices.Contains(enabled, id)
}

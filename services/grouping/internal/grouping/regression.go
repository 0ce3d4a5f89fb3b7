package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// regressionSlack keeps an item that was under way when its issue was resolved from reopening it.
const regressionSlack = 5 * time.Second

// regress reopens a resolved group when the item was seen after it was resolved, and says whether it did. An item
// that was seen before and only arrives later never reopens a group.
func (f *fold) regress(item Item, group *Group) bool {
	event := item.Occurrence.Event
	if group.Status != issue.Resolved || !event.SeenTime.After(group.ResolvedAt) {
		return false
	}
	date := group.Counters.LastSeen // the item is counted already, so this is the later of both
	if !group.ActiveAt.Before(date.Add(-regressionSlack)) {
		return false
	}
	group.ActiveAt = date
	group.ResolvedAt = time.Time{}
	group.Status, group.Substatus = issue.Unresolved, issue.Regressed
	f.effects.Changed[group.ID] = group
	f.record(group, ActivitySetRegression, map[string]any{"event_id": event.ID.String(), "version": event.Release})
	f.addToInbox(group, issue.InboxRegression)
	return true
}

// addToInbox leaves the reason of a group that waits there already.
func (f *fold) addToInbox(group *Group, reason issue.InboxReason) {
	if group.InInbox {
		return
	}
	group.InInbox, group.InboxReason = true, reason
	f.effects.Inbox[group.ID] = true
}

func (f *fold) removeFromInbox(group *Group) {
	if group.InInbox {
		group.InInbox = false
		f.effects.Inbox[group.ID] = true
	}
}

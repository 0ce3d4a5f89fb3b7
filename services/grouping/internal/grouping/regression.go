package grouping

import (
	"encoding/hex"
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
	if f.covers(group, event.Release) {
		return false
	}
	date := group.Counters.LastSeen // the item is counted already, so this is the later of both
	if !group.ActiveAt.Before(date.Add(-regressionSlack)) {
		return false
	}
	group.ActiveAt = date
	details := map[string]any{"event_id": hex.EncodeToString(event.ID[:]), "version": event.Release}
	if fix := group.Fix; fix != nil && event.Release != "" {
		details["follows_semver"], details["resolved_in_version"] = f.state.Facts.FollowsSemver, fix.Release
		switch {
		case fix.Pending && fix.Kind == InCommit: // which a release contains, or it would cover the item
			details["resolved_in_version"] = f.state.Facts.CommitRelease[group.ID]
		case fix.Pending:
			details["resolved_in_version"] = event.Release
			f.effects.ResolvedBy[group.ID] = event.Release
		}
	}
	f.set(group, issue.Unresolved, issue.Regressed, ActivitySetRegression, details)
	f.effects.Activities[len(f.effects.Activities)-1].Release = event.Release
	f.addToInbox(group, issue.InboxRegression)
	return true
}

// addToInbox leaves the reason of a group that waits there already.
func (f *fold) addToInbox(group *Group, reason issue.InboxReason) {
	if group.InInbox {
		return
	}
	group.InInbox, group.InboxReason, group.InboxSince = true, reason, f.now
	f.effects.Inbox[group.ID] = true
	f.effects.Changed[group.ID] = group
}

func (f *fold) removeFromInbox(group *Group) {
	if group.InInbox {
		group.InInbox = false
		f.effects.Inbox[group.ID] = true
		f.effects.Changed[group.ID] = group
	}
}

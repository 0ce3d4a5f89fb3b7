package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// changeStatus applies a change of status, as far as the rules of statuses allow it. Asking for the status that
// the group has is accepted and changes nothing.
func (f *fold) changeStatus(item Item, group *Group) Judgement {
	want := item.StatusChange
	judgement := Judgement{Outcome: issue.Accepted, GroupID: group.ID, ShortID: group.ShortID}
	if group.Status == want.Status && group.Substatus == want.Substatus {
		return judgement
	}
	if !IsValidPair(want.Status, want.Substatus) {
		judgement.Outcome = issue.DroppedInvalidTransition
		return judgement
	}
	switch want.Status {
	case issue.Resolved:
		f.resolve(group, item.ReceivedAt, ActivitySetResolved, nil)
	case issue.Ignored:
		f.ignore(group, want.Substatus, nil)
	default:
		judgement.Changed = f.unresolve(group, want.Substatus)
		return judgement
	}
	judgement.Changed = true
	return judgement
}

// IsValidPair says whether a status and a substatus that somebody asks for belong together. New is given by Picket
// alone.
func IsValidPair(status issue.Status, substatus issue.Substatus) bool {
	switch status {
	case issue.Resolved:
		return substatus == issue.NoSubstatus
	case issue.Ignored:
		return substatus == issue.UntilEscalating || substatus == issue.Forever || substatus == issue.UntilConditionMet
	case issue.Unresolved:
		return substatus == issue.Escalating || substatus == issue.Regressed || substatus == issue.Ongoing
	default:
		return false
	}
}

func (f *fold) resolve(group *Group, at time.Time, activity ActivityType, details map[string]any) {
	f.set(group, issue.Resolved, issue.NoSubstatus, activity, details)
	group.ResolvedAt = at
	f.removeFromInbox(group)
}

func (f *fold) ignore(group *Group, substatus issue.Substatus, details map[string]any) {
	f.set(group, issue.Ignored, substatus, ActivitySetIgnored, details)
	f.removeFromInbox(group)
	if group.IsWatched() {
		f.forecast(group)
	}
}

func (f *fold) unresolve(group *Group, substatus issue.Substatus) bool {
	switch substatus {
	case issue.Escalating:
		return f.escalate(group, nil)
	case issue.Regressed:
		f.set(group, issue.Unresolved, substatus, ActivitySetRegression, nil)
		f.addToInbox(group, issue.InboxRegression)
	default:
		activity := ActivitySetUnresolved
		wasEscalating := group.Status == issue.Unresolved && group.Substatus == issue.Escalating
		if wasEscalating {
			activity = ActivityAutoSetOngoing
		}
		f.set(group, issue.Unresolved, substatus, activity, nil)
		f.addToInbox(group, issue.InboxOngoing)
		if wasEscalating {
			f.restorePriority(group)
		}
	}
	return true
}

// escalate reopens an ignored group and raises its priority. Any other group stays as it is.
func (f *fold) escalate(group *Group, details map[string]any) bool {
	if group.Status != issue.Ignored {
		return false
	}
	f.setEscalating(group, details)
	return true
}

func (f *fold) setEscalating(group *Group, details map[string]any) {
	f.set(group, issue.Unresolved, issue.Escalating, ActivitySetEscalating, details)
	f.addToInbox(group, issue.InboxEscalating)
	raised := issue.High
	if group.Priority == issue.Low {
		raised = issue.Medium
	}
	f.setPriority(group, raised, "escalating")
}

func (f *fold) restorePriority(group *Group) {
	initial, ok := group.Metadata[metadataInitialPriority].(float64) // read from JSON
	if !ok {
		return
	}
	f.setPriority(group, issue.Priority(initial), "ongoing")
}

var priorityNames = map[issue.Priority]string{issue.Low: "low", issue.Medium: "medium", issue.High: "high"}

// setPriority changes nothing when people have locked the priority.
func (f *fold) setPriority(group *Group, priority issue.Priority, reason string) {
	if !group.PriorityLocked.IsZero() || group.Priority == priority {
		return
	}
	group.Priority = priority
	f.touch(group)
	f.record(group, ActivitySetPriority, map[string]any{"priority": priorityNames[priority], "reason": reason})
}

// set gives a group a status. What it waited for, and what it had been resolved by, ends with the status before.
func (f *fold) set(group *Group, status issue.Status, substatus issue.Substatus, activity ActivityType, details map[string]any) {
	if group.IsWatched() {
		f.effects.Forecasts[group.ID] = nil
	}
	group.Status, group.Substatus = status, substatus
	group.StatusSince = f.now
	group.ResolvedAt = time.Time{}
	f.setConditions(group, nil, nil)
	f.touch(group)
	f.record(group, activity, details)
}

func (f *fold) setConditions(group *Group, snooze *Snooze, fix *Fix) {
	if group.Snooze != snooze || group.Fix != fix {
		group.Snooze, group.Fix = snooze, fix
		f.effects.Conditions[group.ID] = group
	}
}

// touch marks a change that people want to know of before they make theirs.
func (f *fold) touch(group *Group) {
	group.Version++
	f.effects.Changed[group.ID] = group
}

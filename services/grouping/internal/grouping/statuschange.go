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
		f.resolve(item, group)
	case issue.Ignored:
		f.set(group, want.Status, want.Substatus, ActivitySetIgnored)
		f.removeFromInbox(group)
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

func (f *fold) resolve(item Item, group *Group) {
	f.set(group, issue.Resolved, issue.NoSubstatus, ActivitySetResolved)
	group.ResolvedAt = item.ReceivedAt
	f.removeFromInbox(group)
}

func (f *fold) unresolve(group *Group, substatus issue.Substatus) bool {
	switch substatus {
	case issue.Escalating:
		return f.escalate(group)
	case issue.Regressed:
		f.set(group, issue.Unresolved, substatus, ActivitySetRegression)
		f.addToInbox(group, issue.InboxRegression)
	default:
		activity := ActivitySetUnresolved
		wasEscalating := group.Status == issue.Unresolved && group.Substatus == issue.Escalating
		if wasEscalating {
			activity = ActivityAutoSetOngoing
		}
		f.set(group, issue.Unresolved, substatus, activity)
		f.addToInbox(group, issue.InboxOngoing)
		if wasEscalating {
			f.restorePriority(group)
		}
	}
	return true
}

// escalate reopens an ignored group and raises its priority. Any other group stays as it is.
func (f *fold) escalate(group *Group) bool {
	if group.Status != issue.Ignored {
		return false
	}
	f.set(group, issue.Unresolved, issue.Escalating, ActivitySetEscalating)
	f.addToInbox(group, issue.InboxEscalating)
	raised := issue.High
	if group.Priority == issue.Low {
		raised = issue.Medium
	}
	f.setPriority(group, raised, "escalating")
	return true
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
	if group.PriorityLocked || group.Priority == priority {
		return
	}
	group.Priority = priority
	f.effects.Changed[group.ID] = group
	f.record(group, ActivitySetPriority, map[string]any{"priority": priorityNames[priority], "reason": reason})
}

func (f *fold) set(group *Group, status issue.Status, substatus issue.Substatus, activity ActivityType) {
	group.Status, group.Substatus = status, substatus
	group.ResolvedAt = time.Time{}
	f.effects.Changed[group.ID] = group
	f.record(group, activity, nil)
}

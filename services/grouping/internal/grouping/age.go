package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// OngoingAfter is the time after which an issue is no longer new, regressed or escalating.
const OngoingAfter = 7 * 24 * time.Hour

// InboxFor is how long an issue waits for review.
const InboxFor = 7 * 24 * time.Hour

// Age makes the transitions that are due by now. It looks at each group as it is, so doing it again changes nothing.
// Issues that are not seen for longer than resolveAge are resolved; 0 is never.
func Age(state State, resolveAge time.Duration, now time.Time) Effects {
	f := newFold(state, "", now)
	for _, id := range sortedIDs(state.Groups) {
		group := state.Groups[id]
		if group.Status > issue.Ignored { // what was merged stays as it was
			continue
		}
		f.lapse(group)
		f.settle(group)
		f.lookAhead(group)
		if group.InInbox && !group.InboxSince.After(now.Add(-InboxFor)) {
			f.removeFromInbox(group)
		}
		switch {
		case group.Status != issue.Unresolved:
		case f.isAbandoned(group, resolveAge):
			hours := int64(resolveAge.Hours())
			f.resolve(group, now, ActivitySetResolvedByAge, map[string]any{"age": hours})
		case f.isSettled(group):
			f.goOn(group, map[string]any{"after_days": int64(OngoingAfter.Hours() / 24)})
		}
	}
	return f.effects
}

// lookAhead makes a new forecast where the one before has come to its end, so that no item has to wait for it.
func (f *fold) lookAhead(group *Group) {
	watch := f.state.Facts.Watched[group.ID]
	if watch == nil || !group.IsWatched() {
		return
	}
	f.expected(group, watch)
}

// Settle tells groups which wait for a release that it has come.
func Settle(state State, now time.Time) Effects {
	f := newFold(state, "", now)
	for _, id := range sortedIDs(state.Groups) {
		f.settle(state.Groups[id])
	}
	return f.effects
}

// lapse ends a snooze whose time has passed, also of a group that is archived no more.
func (f *fold) lapse(group *Group) {
	if group.Snooze == nil || group.Snooze.Until.IsZero() || group.Snooze.Until.After(f.now) {
		return
	}
	if group.Status == issue.Ignored {
		f.wake(group)
		return
	}
	f.setConditions(group, nil, group.Fix)
}

func (f *fold) isAbandoned(group *Group, resolveAge time.Duration) bool {
	t, _ := issue.TypeByID(group.Type)
	return resolveAge > 0 && t.AutoResolve && !group.Counters.LastSeen.After(f.now.Add(-resolveAge))
}

func (f *fold) isSettled(group *Group) bool {
	since := group.StatusSince
	switch group.Substatus {
	case issue.New:
		since = group.FirstSeen
	case issue.Regressed, issue.Escalating:
	default:
		return false
	}
	return !since.After(f.now.Add(-OngoingAfter))
}

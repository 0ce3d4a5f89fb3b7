package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Snooze is what an archived group waits for. It ends with the first condition that is met.
type Snooze struct {
	Until      time.Time     // zero: no time
	Count      int64         // events; 0: no number
	Window     time.Duration // counts the events of this time only; 0: those since it was archived
	UserCount  int64         // distinct users; 0: no number
	UserWindow time.Duration
	TimesSeen  int64 // of the group when it was archived
	UsersSeen  int64
	Actor      string
}

func (s *Snooze) details() map[string]any {
	details := map[string]any{}
	if !s.Until.IsZero() {
		details["ignore_until"] = s.Until.UTC().Format(time.RFC3339)
	}
	for name, number := range map[string]int64{
		"ignore_count": s.Count, "ignore_window_seconds": int64(s.Window.Seconds()),
		"ignore_user_count": s.UserCount, "ignore_user_window_seconds": int64(s.UserWindow.Seconds()),
	} {
		if number > 0 {
			details[name] = number
		}
	}
	return details
}

// liftSnooze counts an item of an archived group and opens the group when it has waited for it.
func (f *fold) liftSnooze(item Item, group *Group) {
	t, _ := issue.TypeByID(group.Type)
	if group.Status != issue.Ignored || group.Snooze == nil || !t.EscalationDetection {
		return
	}
	f.sight(item, group)
	if f.isMet(group) {
		f.wake(group)
	}
}

func (f *fold) sight(item Item, group *Group) {
	seen, event := f.state.Facts.Sightings[group.ID], item.Occurrence.Event
	if seen == nil {
		return
	}
	since := func(window time.Duration) bool { return window == 0 || event.SeenTime.After(f.now.Add(-window)) }
	if since(group.Snooze.Window) {
		seen.Events++
	}
	user := event.User.Identity()
	if user != "" && !seen.Known[user] && since(group.Snooze.UserWindow) {
		seen.Known[user] = true
		seen.Users++
	}
}

func (f *fold) isMet(group *Group) bool {
	s := group.Snooze
	if !s.Until.IsZero() && !s.Until.After(f.now) {
		return true
	}
	if s.Count > 0 && s.Window == 0 && group.Counters.TimesSeen-s.TimesSeen >= s.Count {
		return true
	}
	seen := f.state.Facts.Sightings[group.ID]
	if seen == nil {
		return false
	}
	if s.Count > 0 && s.Window > 0 && seen.Events >= s.Count {
		return true
	}
	return s.UserCount > 0 && seen.Users >= s.UserCount+s.UsersSeen
}

// wake opens a group whose snooze has ended: one that had a time goes on, one that had only numbers escalates.
func (f *fold) wake(group *Group) {
	expired := group.Snooze
	if expired.Until.IsZero() {
		f.escalate(group, expired.details())
		return
	}
	f.set(group, issue.Unresolved, issue.Ongoing, ActivitySetUnresolved, expired.details())
	f.addToInbox(group, issue.InboxOngoing)
}

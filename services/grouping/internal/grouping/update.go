package grouping

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// Change is what somebody wants to be different. What is nil stays.
type Change struct {
	Status   *StatusWish
	Priority *issue.Priority
	Assignee *Assignee
	InInbox  *bool // false: reviewed
	Version  int64 // that a group must have; 0 for any

	// UserID is who makes the change, where that is a user, and the marks are that user's.
	UserID                       string
	Seen, Bookmarked, Subscribed *bool
	Owners                       []Owner // nil: they stay
	Links                        []Link  // nil: they stay
	Public                       *bool
	ShareSeed                    uuid.UUID // random; share ids are made of it
	SelfAssign                   bool      // the user gets what they resolve and nobody has
	Alone                        bool      // it is made to this group alone
}

// Assignee is who gets a group.
type Assignee struct {
	Who     string   // user:ID or team:ID; empty: nobody
	UserIDs []string // who are told of what happens to the group from then on
}

// StatusWish asks for a status.
type StatusWish struct {
	Status    issue.Status
	Substatus issue.Substatus // NoSubstatus: the one that goes with the rest
	// What a resolved group is fixed by; nil for a time alone.
	Fix *FixWish
	// What an ignored group waits for; its time and its baseline are filled in. nil for nothing.
	Snooze    *Snooze
	SnoozeFor time.Duration // 0: no time
}

// FixWish names what fixes a group. LatestRelease stands for the project's latest release.
type FixWish struct {
	Kind    FixKind
	Release string
	Commit  Commit
}

// LatestRelease is the name for a project's latest release.
const LatestRelease = "latest"

// newFor is how long after its first sighting a group may be new.
const newFor = 7 * 24 * time.Hour

// Updated says which groups are not what they were, and why a change was refused to others. The rest was as wanted already.
type Updated struct {
	Changed map[int64]bool // also where only marks of whoever made the change differ
	Refused map[int64]error
}

// Update applies a change to every group of the state by itself. A group with an error stays as it was. The order
// is fixed: priority, status, assignee, marks, inbox.
func Update(state State, change Change, actor string, now time.Time) (Effects, Updated) {
	f := newFold(state, actor, now)
	outcome := Updated{Changed: map[int64]bool{}, Refused: map[int64]error{}}
	for _, id := range sortedIDs(state.Groups) {
		group := state.Groups[id]
		if err := f.check(group, change); err != nil {
			outcome.Refused[id] = err
			continue
		}
		before := *group
		f.update(group, change)
		outcome.Changed[id] = group.Version != before.Version || group.hasOtherMarks(before)
	}
	return f.effects, outcome
}

func sortedIDs(groups map[int64]*Group) []int64 {
	ids := make([]int64, 0, len(groups))
	for id := range groups {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (f *fold) update(group *Group, change Change) {
	if change.Priority != nil {
		f.prioritize(group, *change.Priority)
	}
	if change.Status != nil {
		f.apply(group, *change.Status)
		if change.Alone || change.Status.Status == issue.Resolved {
			f.subscribe(group, change.UserID, change.UserID, SubscribedStatusChange)
		}
	}
	switch {
	case change.Assignee != nil:
		f.assign(group, *change.Assignee, change.UserID)
	case change.SelfAssign && change.Status != nil && change.Status.Status == issue.Resolved && group.Assignee == "":
		f.assign(group, Assignee{Who: "user:" + change.UserID, UserIDs: []string{change.UserID}}, change.UserID)
	}
	f.mark(group, change)
	switch {
	case change.InInbox == nil:
	case *change.InInbox:
		if !group.InInbox {
			f.touch(group)
		}
		f.addToInbox(group, issue.InboxManual)
	default:
		f.review(group)
	}
}

// prioritize sets a priority for good: nothing automatic changes it any more.
func (f *fold) prioritize(group *Group, priority issue.Priority) {
	group.PriorityLocked = time.Time{}
	f.setPriority(group, priority, "manual")
	group.PriorityLocked = f.now
	f.touch(group)
}

func (f *fold) assign(group *Group, assignee Assignee, self string) {
	if group.Assignee == assignee.Who {
		return
	}
	group.Assignee = assignee.Who
	f.touch(group)
	if assignee.Who == "" {
		f.record(group, ActivityUnassigned, nil)
		return
	}
	f.recordAssignment(group, assignee, self)
}

func (f *fold) recordAssignment(group *Group, to Assignee, self string) {
	for _, userID := range to.UserIDs {
		f.subscribe(group, userID, self, SubscribedAssigned)
	}
	f.record(group, ActivityAssigned, map[string]any{"assignee": to.Who})
}

// review takes a group out of the inbox. An open one has been looked at, so it goes on.
func (f *fold) review(group *Group) {
	if group.InInbox {
		f.removeFromInbox(group)
		f.touch(group)
		f.record(group, ActivityMarkReviewed, nil)
	}
	if group.Status == issue.Unresolved && group.Substatus != issue.Ongoing {
		f.goOn(group, map[string]any{"manually": true})
	}
}

// goOn makes a group ongoing without anybody having asked for that status.
func (f *fold) goOn(group *Group, details map[string]any) {
	wasEscalating := group.Substatus == issue.Escalating
	f.set(group, issue.Unresolved, issue.Ongoing, ActivityAutoSetOngoing, details)
	f.removeFromInbox(group)
	if wasEscalating {
		f.restorePriority(group)
	}
}

func (f *fold) apply(group *Group, wish StatusWish) {
	substatus := f.substatusFor(group, wish)
	same := group.Status == wish.Status && group.Substatus == substatus
	switch {
	case wish.Status == issue.Resolved:
		f.applyResolved(group, wish.Fix, same)
	case same && wish.Snooze == nil:
	case wish.Status == issue.Ignored:
		f.applyIgnored(group, substatus, wish)
	case substatus == issue.New:
		f.set(group, issue.Unresolved, issue.New, ActivitySetUnresolved, nil)
		f.addToInbox(group, issue.InboxNew)
	default:
		f.unresolve(group, substatus)
	}
}

// applyResolved resolves a resolved group again, which moves the time from which on sightings reopen it.
func (f *fold) applyResolved(group *Group, wish *FixWish, same bool) {
	fix := f.fixFor(group, wish)
	if same && fix == nil && group.Fix == nil {
		group.ResolvedAt = f.now
		f.touch(group)
		return
	}
	activity, details := ActivitySetResolved, map[string]any(nil)
	if fix != nil {
		activity, details = fix.activity()
	}
	f.resolve(group, f.now, activity, details)
	f.setConditions(group, nil, fix)
}

func (f *fold) applyIgnored(group *Group, substatus issue.Substatus, wish StatusWish) {
	if wish.Snooze == nil {
		f.ignore(group, substatus, nil)
		return
	}
	snooze := *wish.Snooze
	snooze.Actor = f.actor
	if wish.SnoozeFor > 0 {
		snooze.Until = f.now.Add(wish.SnoozeFor)
	}
	if snooze.Count > 0 && snooze.Window == 0 {
		snooze.TimesSeen = group.Counters.TimesSeen
	}
	if seen := f.state.Facts.Sightings[group.ID]; seen != nil && snooze.UserCount > 0 && snooze.UserWindow == 0 {
		snooze.UsersSeen = seen.Users
	}
	f.ignore(group, substatus, snooze.details())
	f.setConditions(group, &snooze, nil)
}

// substatusFor completes a wish: what is archived waits for its conditions, or is archived for good; what was archived
// while it was new is new again.
func (f *fold) substatusFor(group *Group, wish StatusWish) issue.Substatus {
	switch {
	case wish.Substatus != issue.NoSubstatus || wish.Status == issue.Resolved:
		return wish.Substatus
	case wish.Status == issue.Ignored && wish.Snooze != nil:
		return issue.UntilConditionMet
	case wish.Status == issue.Ignored:
		return issue.Forever
	case wish.Status == issue.Unresolved && f.mayBeNew(group):
		return issue.New
	case wish.Status == issue.Unresolved && group.Status == issue.Unresolved:
		return group.Substatus
	default:
		return issue.Ongoing
	}
}

func (f *fold) mayBeNew(group *Group) bool {
	return group.Status == issue.Ignored && group.FirstSeen.After(f.now.Add(-newFor))
}

// Reasons of refused changes, for programs.
const (
	ReasonInvalidTransition = "INVALID_TRANSITION"
	ReasonNoRelease         = "NO_RELEASE"
	ReasonEtagMismatch      = "ETAG_MISMATCH"
)

func (f *fold) check(group *Group, change Change) error {
	if group.Status > issue.Ignored {
		return fault.Missing("issue", group.ID)
	}
	if change.Version != 0 && change.Version != group.Version {
		return &fault.Error{Kind: fault.Aborted, Reason: ReasonEtagMismatch, Message: "the issue has changed since its etag was read"}
	}
	if change.Status == nil {
		return nil
	}
	wish := *change.Status
	substatus := f.substatusFor(group, wish)
	same := group.Status == wish.Status && group.Substatus == substatus
	switch {
	case substatus == issue.New && wish.Status == issue.Unresolved:
		if !same && !f.mayBeNew(group) {
			return fault.Precondition(ReasonInvalidTransition, "only an ignored issue first seen less than 7 days ago becomes new again")
		}
	case !IsValidPair(wish.Status, substatus):
		return fault.Precondition(ReasonInvalidTransition, "the status does not go with the substatus")
	case substatus == issue.Escalating && group.Status != issue.Ignored && !same:
		return fault.Precondition(ReasonInvalidTransition, "only an ignored issue can escalate")
	case wish.Snooze != nil && substatus != issue.UntilConditionMet:
		return fault.Precondition(ReasonInvalidTransition, "conditions go with the substatus UNTIL_CONDITION_MET")
	case substatus == issue.UntilConditionMet && wish.Snooze == nil && !same:
		return fault.Precondition(ReasonInvalidTransition, "the substatus UNTIL_CONDITION_MET needs a condition")
	}
	return f.checkFix(wish.Fix)
}

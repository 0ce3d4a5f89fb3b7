package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// State is what items are folded over: the groups that they belong to, locked.
type State struct {
	Groups map[int64]*Group
	// ShortIDs are the short ids of the groups to be made, by group id.
	ShortIDs map[int64]int64
	// Hashes are the counters of the items' first hashes, as far as items were counted under them.
	Hashes map[Hash]*HashCounters
	// Users are who the items happened to, as far as that is known.
	Users KnownUsers
	// Facts are what the rules must know besides, where a group waits for something.
	Facts Facts
}

// Effects is the difference that a list of items makes.
type Effects struct {
	Judgements []Judgement // one for each item
	Created    []*Group
	Changed    map[int64]*Group // groups of which more than the counters changed
	Counted    map[int64]*Group // groups whose counters changed
	Hashes     map[Hash]*HashCounters
	Parted     map[int64]HashText // texts for the hashes that groups had alone
	Days       map[DayKey]*Hours
	NewUsers   map[UserKey]Span
	Users      map[UserKey]Span // known ones that were seen earlier or later than before
	Events     []IndexedEvent
	Activities []Activity
	Inbox      map[int64]bool // groups whose inbox row changed: added or removed
	// Conditions are the groups whose snooze or resolution changed.
	Conditions map[int64]*Group
	Forecasts  map[int64]*Forecast // new ones; nil: it waits for nothing more
	// Marks that changed, of whoever makes the change.
	Seen, Bookmarked map[int64]*Group
	Owned, Linked    map[int64]*Group
	Shared           map[int64]*Group
	Subscriptions    []SubscriptionChange
	// ResolvedBy are the releases that turned out to be those in which groups had been said to be resolved.
	ResolvedBy map[int64]string
	// Environments and releases that were seen, with the earliest time.
	Environments      map[string]time.Time
	Releases          map[string]time.Time
	GroupEnvironments map[GroupEnvironment]FirstSighting
	NewReleases       int64 // of Releases, those that nobody had seen before; the store says so
}

// IndexedEvent is an event that was counted in a group.
type IndexedEvent struct {
	Item  Item
	Group *Group
}

// GroupEnvironment names an environment in which a group was seen, as far as one hash goes.
type GroupEnvironment struct {
	GroupID     int64
	Environment string
	Hash        Hash // the first of the items
}

// FirstSighting is the earliest sighting of something.
type FirstSighting struct {
	Time    time.Time
	Release string
}

// Fold applies items, in order, to the groups that Resolve found for them. It changes the groups of the state.
// Items that were judged before have no effect and get the judgement of known.
func Fold(state State, known Known, items []Item, resolution Resolution, now time.Time) Effects {
	f := newFold(state, "", now)
	f.effects.Judgements = make([]Judgement, len(items))
	judged := make(map[ItemKey]Judgement, len(items))
	for i, item := range items {
		key := item.Key()
		if resolution.Targets[i].Repeat {
			first, ok := known.Judged[key]
			if !ok {
				first = judged[key]
			}
			first.Repeated = true
			f.effects.Judgements[i] = first
			continue
		}
		judgement := f.judge(item, resolution.Targets[i])
		f.effects.Judgements[i] = judgement
		judged[key] = judgement
	}
	return f.effects
}

type fold struct {
	state      State
	soleHashes map[int64]*HashCounters // of groups that have one hash, as far as it is in the state
	actor      string                  // who causes it; empty for Picket itself
	now        time.Time
	effects    Effects
}

func newFold(state State, actor string, now time.Time) *fold {
	if state.Hashes == nil {
		state.Hashes = map[Hash]*HashCounters{}
	}
	if state.Users.Any == nil {
		state.Users = NewKnownUsers()
	}
	f := &fold{state: state, soleHashes: map[int64]*HashCounters{}, actor: actor, now: now, effects: Effects{
		Changed: map[int64]*Group{}, Counted: map[int64]*Group{}, Inbox: map[int64]bool{},
		Hashes: map[Hash]*HashCounters{}, Parted: map[int64]HashText{}, Days: map[DayKey]*Hours{}, NewUsers: map[UserKey]Span{},
		Users:     map[UserKey]Span{},
		Forecasts: map[int64]*Forecast{}, Conditions: map[int64]*Group{}, ResolvedBy: map[int64]string{},
		Seen: map[int64]*Group{}, Bookmarked: map[int64]*Group{}, Owned: map[int64]*Group{}, Linked: map[int64]*Group{},
		Shared:       map[int64]*Group{},
		Environments: map[string]time.Time{}, Releases: map[string]time.Time{},
		GroupEnvironments: map[GroupEnvironment]FirstSighting{},
	}}
	for _, hash := range state.Hashes {
		if hash.Text == nil {
			f.soleHashes[hash.GroupID] = hash
		}
	}
	return f
}

func (f *fold) judge(item Item, target Target) Judgement {
	switch {
	case target.GroupID == 0:
		return Judgement{Outcome: target.Dropped}
	case item.StatusChange != nil:
		return f.changeStatus(item, f.state.Groups[target.GroupID])
	case target.IsNew:
		return f.create(item, target.GroupID)
	default:
		return f.add(item, f.state.Groups[target.GroupID])
	}
}

func (f *fold) create(item Item, id int64) Judgement {
	group := newGroup(id, f.state.ShortIDs[id], item, f.now)
	hash := &HashCounters{
		GroupID: id, TimesSeen: 1, FirstSeen: group.FirstSeen, LastSeen: group.Counters.LastSeen, LastItemID: item.ID,
	}
	name := item.Occurrence.Hashes[0]
	f.state.Groups[id], f.state.Hashes[name], f.effects.Hashes[name], f.soleHashes[id] = group, hash, hash, hash
	f.effects.Created = append(f.effects.Created, group)
	f.effects.Inbox[id] = true
	if group.Assignee != "" {
		f.recordAssignment(group, item.Occurrence.Assignee, "")
	}
	f.countEnvironment(item, group)
	f.seeUser(item, group)
	f.index(item, group)
	return Judgement{Outcome: issue.Accepted, GroupID: id, ShortID: group.ShortID, IsNew: true}
}

func (f *fold) add(item Item, group *Group) Judgement {
	f.count(item, group)
	f.countEnvironment(item, group)
	f.seeUser(item, group)
	regressed := f.regress(item, group)
	f.liftSnooze(item, group)
	f.watch(item, group)
	f.escalateAnew(group)
	f.index(item, group)
	return Judgement{Outcome: issue.Accepted, GroupID: group.ID, ShortID: group.ShortID, IsRegression: regressed}
}

func (f *fold) index(item Item, group *Group) {
	event := item.Occurrence.Event
	f.effects.Events = append(f.effects.Events, IndexedEvent{Item: item, Group: group})
	f.countHour(item, group)
	keepEarliest(f.effects.Environments, event.Environment, event.SeenTime)
	if event.Release != "" {
		keepEarliest(f.effects.Releases, event.Release, event.SeenTime)
	}
	key := GroupEnvironment{GroupID: group.ID, Environment: event.Environment, Hash: item.Occurrence.Hashes[0]}
	if first, ok := f.effects.GroupEnvironments[key]; !ok || event.SeenTime.Before(first.Time) {
		f.effects.GroupEnvironments[key] = FirstSighting{Time: event.SeenTime, Release: event.Release}
	}
}

func keepEarliest(times map[string]time.Time, name string, t time.Time) {
	if first, ok := times[name]; !ok || t.Before(first) {
		times[name] = t
	}
}

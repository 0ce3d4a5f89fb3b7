package grouping

import "time"

const day = 24 * time.Hour

// DayKey names a day of a group in one environment, as far as one hash goes. Days are those of UTC.
type DayKey struct {
	GroupID     int64
	Environment string
	Day         time.Time
	Hash        Hash
}

// Hours are events by hour of a day.
type Hours [24]int32

// UserKey names a user to whom a group happened in one environment, as far as one hash goes.
type UserKey struct {
	GroupID     int64
	User        string // Identity
	Environment string
	Hash        Hash
}

// Span is the time between two days, both of them in it.
type Span struct{ First, Last time.Time }

// KnownUsers are users to whom groups happened.
type KnownUsers struct {
	Spans map[UserKey]Span
	Any   map[GroupUser]bool // in whatever environment, with whatever hash
	In    map[GroupEnvironmentUser]bool
}

// NewKnownUsers are none.
func NewKnownUsers() KnownUsers {
	return KnownUsers{Spans: map[UserKey]Span{}, Any: map[GroupUser]bool{}, In: map[GroupEnvironmentUser]bool{}}
}

// GroupEnvironmentUser names a user to whom a group happened in one environment, with whatever hash.
type GroupEnvironmentUser struct {
	GroupID     int64
	Environment string
	User        string
}

// GroupUser names a user to whom a group happened.
type GroupUser struct {
	GroupID int64
	User    string
}

func (f *fold) countHour(item Item, group *Group) {
	event := item.Occurrence.Event
	key := DayKey{group.ID, event.Environment, event.SeenTime.UTC().Truncate(day), item.Occurrence.Hashes[0]}
	hours := f.effects.Days[key]
	if hours == nil {
		hours = &Hours{}
		f.effects.Days[key] = hours
	}
	hours[event.SeenTime.UTC().Hour()]++
}

// countEnvironment counts the item in its environment, and its user once.
func (f *fold) countEnvironment(item Item, group *Group) {
	event, all := item.Occurrence.Event, group.Counters.Environments
	counts, known := all[event.Environment]
	if all == nil || !known && len(all) >= MostEnvironments {
		return
	}
	counts.Events++
	user := GroupEnvironmentUser{group.ID, event.Environment, event.User.Identity()}
	if user.User != "" && !f.state.Users.In[user] {
		f.state.Users.In[user] = true
		counts.Users++
	}
	all[event.Environment] = counts
}

// seeUser counts a user once a group, and notes on which days the user was seen.
func (f *fold) seeUser(item Item, group *Group) {
	event := item.Occurrence.Event
	user := event.User.Identity()
	if user == "" {
		return
	}
	if anywhere := (GroupUser{group.ID, user}); !f.state.Users.Any[anywhere] {
		f.state.Users.Any[anywhere] = true
		group.Counters.UsersSeen++
		f.effects.Counted[group.ID] = group
	}
	seen := event.SeenTime.UTC().Truncate(day)
	key := UserKey{group.ID, user, event.Environment, item.Occurrence.Hashes[0]}
	span, known := f.state.Users.Spans[key]
	switch {
	case !known:
		span = Span{seen, seen}
	case seen.Before(span.First):
		span.First = seen
	case seen.After(span.Last):
		span.Last = seen
	default:
		return
	}
	f.state.Users.Spans[key] = span
	if _, isNew := f.effects.NewUsers[key]; isNew || !known {
		f.effects.NewUsers[key] = span
	} else {
		f.effects.Users[key] = span
	}
}

package grouping

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Marks are what single people have to do with a group, and who should have. They are known only where somebody changes
// the group, and the first four are those of that person.
type Marks struct {
	Bookmarked   bool
	Subscription *Subscription // nil: never subscribed
	SeenAt       time.Time     // zero: never
	Owners       []Owner       // suggested ones
	Links        []Link
	ShareID      uuid.UUID // zero: not shared
}

// Subscription says whether somebody is told of what happens to a group.
type Subscription struct {
	Active  bool
	Reason  SubscriptionReason
	Brought bool // by a merge: it goes with that
}

// SubscriptionReason says why. The numbers are stored.
type SubscriptionReason int16

// The reasons that these rules give.
const (
	SubscribedByHand       SubscriptionReason = -1
	SubscribedAssigned     SubscriptionReason = 1
	SubscribedBookmark     SubscriptionReason = 2
	SubscribedStatusChange SubscriptionReason = 3
)

// Owner is somebody who is suggested for a group.
type Owner struct {
	Source int16 // 0 a suspect commit, 1 an ownership rule, 2 code owners
	Who    string
	Since  time.Time
}

// compare orders suggestions, of which there is one for each source and owner.
func (o Owner) compare(other Owner) int {
	return cmp.Or(cmp.Compare(o.Source, other.Source), strings.Compare(o.Who, other.Who))
}

// Link is an issue in another system.
type Link struct{ URL, Name string }

// compare orders links, of which there is one for each address.
func (l Link) compare(other Link) int { return strings.Compare(l.URL, other.URL) }

// SubscriptionChange changes a subscription of one user.
type SubscriptionChange struct {
	GroupID int64
	UserID  string
	To      *Subscription // nil: as if there had never been one
	Gently  bool          // leaves one of their own, also a subscription that was ended by hand
}

// HasSeen says whether the group was seen since it was last made or reopened.
func (g *Group) HasSeen() bool { return !g.Marks.SeenAt.IsZero() && !g.Marks.SeenAt.Before(g.ActiveAt) }

// hasOtherMarks says whether the marks of whoever changes a group differ from those before.
func (g *Group) hasOtherMarks(before Group) bool {
	is, was := g.Marks.Subscription, before.Marks.Subscription
	if g.Marks.Bookmarked != before.Marks.Bookmarked || g.HasSeen() != before.HasSeen() || (is == nil) != (was == nil) {
		return true
	}
	return is != nil && *is != *was
}

func (f *fold) mark(group *Group, change Change) {
	if change.Seen != nil {
		group.Marks.SeenAt = time.Time{}
		if *change.Seen {
			group.Marks.SeenAt = f.now
		}
		f.effects.Seen[group.ID] = group
	}
	if change.Bookmarked != nil {
		group.Marks.Bookmarked = *change.Bookmarked
		f.effects.Bookmarked[group.ID] = group
		if *change.Bookmarked {
			f.subscribe(group, change.UserID, change.UserID, SubscribedBookmark)
		} else {
			f.setSubscription(group, change.UserID, nil)
		}
	}
	if change.Subscribed != nil {
		f.setSubscription(group, change.UserID, &Subscription{Active: *change.Subscribed, Reason: SubscribedByHand})
	}
	if change.Public != nil {
		f.share(group, *change.Public, change.ShareSeed)
	}
	if change.Owners != nil {
		f.suggest(group, change.Owners)
	}
	if links := unique(change.Links, Link.compare); change.Links != nil && !slices.Equal(links, unique(group.Marks.Links, Link.compare)) {
		group.Marks.Links = links
		f.effects.Linked[group.ID] = group
		f.touch(group)
	}
}

// suggest replaces the owners. Who was suggested before keeps the time.
func (f *fold) suggest(group *Group, owners []Owner) {
	before := unique(group.Marks.Owners, Owner.compare)
	owners = unique(owners, Owner.compare)
	for i := range owners {
		owners[i].Since = f.now
		if at, found := slices.BinarySearchFunc(before, owners[i], Owner.compare); found {
			owners[i].Since = before[at].Since
		}
	}
	if !slices.Equal(owners, before) {
		group.Marks.Owners = owners
		f.effects.Owned[group.ID] = group
		f.touch(group)
	}
}

// unique gives a list in order, of equals the first alone.
func unique[T any](list []T, compare func(T, T) int) []T {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, compare)
	return slices.CompactFunc(sorted, func(a, b T) bool { return compare(a, b) == 0 })
}

// share ends a share that there is, also to begin another one: whoever knew the old id knows nothing of the new one.
func (f *fold) share(group *Group, public bool, seed uuid.UUID) {
	if group.Marks.ShareID == uuid.Nil && !public {
		return
	}
	if group.Marks.ShareID != uuid.Nil {
		group.Marks.ShareID = uuid.Nil
		f.record(group, ActivitySetPrivate, nil)
	}
	if public {
		group.Marks.ShareID = uuid.NewSHA1(seed, strconv.AppendInt(nil, group.ID, 10))
		f.record(group, ActivitySetPublic, nil)
	}
	f.effects.Shared[group.ID] = group
	f.touch(group)
}

func (f *fold) setSubscription(group *Group, userID string, to *Subscription) {
	group.Marks.Subscription = to
	f.effects.Subscriptions = append(f.effects.Subscriptions, SubscriptionChange{GroupID: group.ID, UserID: userID, To: to})
}

// subscribe subscribes a user who has never been; self is who makes the change.
func (f *fold) subscribe(group *Group, userID, self string, reason SubscriptionReason) {
	if userID == "" {
		return
	}
	to := &Subscription{Active: true, Reason: reason}
	if userID == self {
		if s := group.Marks.Subscription; s != nil && !s.Brought {
			return
		}
		group.Marks.Subscription = to
	}
	f.effects.Subscriptions = append(f.effects.Subscriptions, SubscriptionChange{GroupID: group.ID, UserID: userID, To: to, Gently: true})
}

package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/fault"
)

// FixKind says what a group was resolved by. The numbers are stored.
type FixKind int16

// The kinds.
const (
	InRelease         FixKind = 0
	InNextRelease     FixKind = 1
	InUpcomingRelease FixKind = 2
	InCommit          FixKind = 3
)

// Fix is what a group was resolved by. Sightings that it covers do not reopen the group.
type Fix struct {
	Kind           FixKind
	Pending        bool   // the release that fixes it has not come
	Release        string // the one that fixes it, if it is known; of InNextRelease the one before it
	CurrentRelease string // in which the group had been seen last; empty when not known
	Commit         Commit
	Actor          string
	CreatedAt      time.Time
}

// Commit names a commit.
type Commit struct{ Repository, ID string }

// covers says whether a sighting in a release is one that the resolution does not promise to be rid of.
func (f *fold) covers(group *Group, release string) bool {
	if group.Fix == nil {
		return false
	}
	fix := *group.Fix
	if fix.Kind == InCommit && fix.Pending {
		fix.Kind, fix.Release = InRelease, f.state.Facts.CommitRelease[group.ID]
		if fix.Release == "" { // nothing that runs anywhere contains the commit
			return true
		}
	}
	if release == "" {
		return true
	}
	if covered, decided := f.coversByCurrent(fix, release); decided {
		return covered
	}
	return f.coversByRelease(fix, release)
}

func (f *fold) coversByCurrent(fix Fix, release string) (covered, decided bool) {
	current := fix.CurrentRelease
	if current == "" {
		return false, false
	}
	if f.state.Facts.FollowsSemver {
		order, ok := compareSemver(current, release)
		return order >= 0, ok
	}
	date, exists := f.state.Facts.Releases[current]
	return current == release || date.After(f.dateOf(release)), exists
}

func (f *fold) coversByRelease(fix Fix, release string) bool {
	switch fix.Kind {
	case InUpcomingRelease:
		return !f.dateOf(release).After(fix.CreatedAt)
	case InNextRelease:
		return release == fix.Release || f.dateOf(fix.Release).After(f.dateOf(release))
	case InRelease, InCommit:
	}
	if release == fix.Release {
		return false
	}
	if f.state.Facts.FollowsSemver {
		if order, ok := compareSemver(fix.Release, release); ok {
			return order > 0
		}
	}
	return !f.dateOf(fix.Release).Before(f.dateOf(release))
}

// dateOf says when a release came. One that is not known comes with the items at hand.
func (f *fold) dateOf(release string) time.Time {
	if date, ok := f.state.Facts.Releases[release]; ok {
		return date
	}
	return f.now
}

// settle gives a pending resolution the release that it has waited for, if that has come.
func (f *fold) settle(group *Group) {
	if group.Fix == nil || !group.Fix.Pending {
		return
	}
	came := f.state.Facts.NextRelease[group.ID]
	if group.Fix.Kind == InCommit {
		came = f.state.Facts.CommitRelease[group.ID]
	}
	if came == "" {
		return
	}
	settled := *group.Fix
	settled.Kind, settled.Pending, settled.Release = InRelease, false, came
	if group.Fix.Kind != InCommit { // of which the activity names the commit
		f.effects.ResolvedBy[group.ID] = came
	}
	f.setConditions(group, group.Snooze, &settled)
}

func (f *fold) checkFix(wish *FixWish) error {
	if wish == nil || wish.Kind == InCommit || wish.Kind == InUpcomingRelease {
		return nil
	}
	if wish.Kind == InNextRelease || wish.Release == LatestRelease {
		if f.state.Facts.Latest == "" {
			return fault.Precondition(ReasonNoRelease, "the project has no release that another one could follow")
		}
		return nil
	}
	if _, ok := f.state.Facts.Releases[wish.Release]; !ok {
		return fault.Missing("release", wish.Release)
	}
	return nil
}

// fixFor makes the fix that somebody asks for, as far as the releases of the project settle it already.
func (f *fold) fixFor(group *Group, wish *FixWish) *Fix {
	if wish == nil {
		return nil
	}
	fix := &Fix{Kind: wish.Kind, Commit: wish.Commit, Actor: f.actor, CreatedAt: f.now}
	facts := f.state.Facts
	switch wish.Kind {
	case InRelease:
		fix.Release = wish.Release
		if fix.Release == LatestRelease {
			fix.Release = facts.Latest
		}
	case InCommit:
		fix.Release = facts.CommitRelease[group.ID]
		fix.Pending = fix.Release == ""
		if !fix.Pending {
			fix.Kind = InRelease
		}
	case InUpcomingRelease:
		fix.Pending = true
	case InNextRelease:
		fix.Release, fix.Pending = facts.Latest, true
		fix.CurrentRelease = facts.CurrentRelease[group.ID]
		next := facts.NextRelease[group.ID]
		switch {
		case fix.CurrentRelease == "":
		case facts.FollowsSemver:
			fix.Kind, fix.Pending = InRelease, false
		case next != "":
			fix.Kind, fix.Pending, fix.Release = InRelease, false, next
		}
	}
	return fix
}

func (x *Fix) activity() (ActivityType, map[string]any) {
	if x.Commit.ID != "" {
		return ActivitySetResolvedInCommit, map[string]any{"repository": x.Commit.Repository, "commit": x.Commit.ID}
	}
	details := map[string]any{"version": x.Release}
	if x.Pending {
		details["version"] = ""
	}
	if x.CurrentRelease != "" {
		details["current_release_version"] = x.CurrentRelease
	}
	return ActivitySetResolvedInRelease, details
}

package store

import (
	"context"
	"time"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// wantedFacts says what rules will ask for. Most lists of items ask for nothing, and then nothing is read.
type wantedFacts struct {
	releases  map[string]bool // whose dates matter; any asks for the latest ones as well
	latest    bool
	current   []int64             // groups whose current release matters, and the release after it
	after     map[int64]string    // groups for which the release after a given one matters
	since     map[int64]time.Time // groups for which the first release after a time does
	commits   map[int64]grouping.Commit
	sightings map[int64]wantedSightings
	watched   []int64 // groups that are archived until they escalate
	archived  []int64 // groups that are to be
}

type wantedSightings struct {
	window, userWindow time.Duration // 0: no window
	events, users      bool
	identities         []string // users that the items name
}

func newWantedFacts() wantedFacts {
	return wantedFacts{
		releases: map[string]bool{}, after: map[int64]string{}, since: map[int64]time.Time{}, commits: map[int64]grouping.Commit{}, sightings: map[int64]wantedSightings{},
	}
}

func (w *wantedFacts) forFix(id int64, x *grouping.Fix) {
	if x == nil {
		return
	}
	w.latest = true
	for _, release := range []string{x.Release, x.CurrentRelease} {
		if release != "" {
			w.releases[release] = true
		}
	}
	switch {
	case x.Pending && x.Kind == grouping.InCommit:
		w.commits[id] = x.Commit
	case x.Pending && x.Kind == grouping.InUpcomingRelease:
		w.since[id] = x.CreatedAt
	case x.Pending:
		w.after[id] = x.Release
	}
}

func (w *wantedFacts) forSnooze(id int64, s *grouping.Snooze) {
	events, users := s.Count > 0 && s.Window > 0, s.UserCount > 0
	if events || users {
		w.sightings[id] = wantedSightings{window: s.Window, userWindow: s.UserWindow, events: events, users: users}
	}
}

func (w *wantedFacts) forWatch(id int64, group *grouping.Group) {
	if group.IsWatched() {
		w.watched = append(w.watched, id)
	}
}

// factsForItems asks for what regressions and snoozes of the items' groups depend on.
func factsForItems(items []grouping.Item, resolution grouping.Resolution, groups map[int64]*grouping.Group) wantedFacts {
	wanted := newWantedFacts()
	for id, group := range groups {
		wanted.forFix(id, group.Fix)
		if group.Snooze != nil {
			wanted.forSnooze(id, group.Snooze)
		}
		wanted.forWatch(id, group)
	}
	for i, item := range items {
		id := resolution.Targets[i].GroupID
		if change := item.StatusChange; change != nil {
			if change.Substatus == issue.UntilEscalating && id != 0 {
				wanted.archived = append(wanted.archived, id)
			}
			continue
		}
		event := item.Occurrence.Event
		if wanted.latest && event.Release != "" {
			wanted.releases[event.Release] = true
		}
		if s, ok := wanted.sightings[id]; ok && s.users {
			s.identities = append(s.identities, event.User.Identity())
			wanted.sightings[id] = s
		}
	}
	return wanted
}

// loadFacts adds what is wanted to facts.
func loadFacts(ctx context.Context, conn session, projectID int64, now time.Time, wanted wantedFacts, facts *grouping.Facts) error {
	facts.Releases, facts.CommitRelease = map[string]time.Time{}, map[int64]string{}
	facts.CurrentRelease, facts.NextRelease = map[int64]string{}, map[int64]string{}
	facts.Sightings, facts.Watched = map[int64]*grouping.Sightings{}, map[int64]*grouping.Watch{}
	if wanted.latest {
		if err := loadReleases(ctx, conn, projectID, wanted, facts); err != nil {
			return err
		}
	}
	if err := loadEscalation(ctx, conn, projectID, now, wanted, facts); err != nil {
		return err
	}
	for id, s := range wanted.sightings {
		sightings, err := loadSightings(ctx, conn, projectID, id, now, s)
		if err != nil {
			return err
		}
		facts.Sightings[id] = sightings
	}
	return nil
}

// A user is told apart as Identity of package grouping does it.
const identity = `CASE WHEN user_id <> '' THEN 'id:' || user_id WHEN user_email <> '' THEN 'email:' || user_email
    WHEN user_name <> '' THEN 'username:' || user_name WHEN user_ip <> '' THEN 'ip:' || user_ip ELSE '' END`

const selectSightings = `
SELECT count(*) FILTER (WHERE seen_time > $4),
       count(DISTINCT identity) FILTER (WHERE identity <> '' AND seen_time > $5),
       coalesce(array_agg(DISTINCT identity) FILTER (WHERE identity = ANY ($6) AND seen_time > $5), '{}')
FROM (SELECT seen_time, ` + identity + ` AS identity FROM event_index
      WHERE project_id = $1 AND group_id = $2 AND seen_time > $3) e`

// loadSightings reads the events of a group in the longest of its windows, and all of them where users are counted
// without one. Only groups that are archived until such a number is reached pay for it.
func loadSightings(ctx context.Context, conn session, projectID, groupID int64, now time.Time, wanted wantedSightings) (*grouping.Sightings, error) {
	everything := time.Unix(0, 0)
	eventsSince, usersSince, since := now, now, now
	if wanted.events {
		eventsSince = now.Add(-wanted.window)
		since = eventsSince
	}
	if wanted.users {
		usersSince = everything
		if wanted.userWindow > 0 {
			usersSince = now.Add(-wanted.userWindow)
		}
		if usersSince.Before(since) {
			since = usersSince
		}
	}
	found := &grouping.Sightings{Known: map[string]bool{}}
	var known []string
	err := conn.QueryRow(ctx, selectSightings, projectID, groupID, since, eventsSince, usersSince, append([]string{}, wanted.identities...)).
		Scan(&found.Events, &found.Users, &known)
	for _, user := range known {
		found.Known[user] = true
	}
	return found, err
}

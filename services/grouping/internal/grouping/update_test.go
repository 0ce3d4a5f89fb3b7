package grouping_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const aDay = 24 * time.Hour

// groupOf makes the group that a cell such as `ignored forever old` describes.
func groupOf(cell string) *grouping.Group {
	group := &grouping.Group{
		ID: 7, ShortID: 1, Type: 4001, Priority: issue.Low, Metadata: map[string]any{"initial_priority": float64(issue.Medium)},
		FirstSeen: noon.Add(-aDay), StatusSince: noon.Add(-aDay), Version: 3,
		InboxSince: noon.Add(-time.Hour),
		Counters:   grouping.Counters{TimesSeen: 100, LastSeen: noon.Add(-time.Hour)},
	}
	words, reviewed := strings.Fields(cell), false
	group.Status = statuses[words[0]]
	for _, word := range words[1:] {
		switch word {
		case "old":
			group.FirstSeen, group.StatusSince = noon.Add(-10*aDay), noon.Add(-10*aDay)
		case "week":
			group.FirstSeen, group.StatusSince = noon.Add(-7*aDay), noon.Add(-7*aDay)
		case "almost":
			group.FirstSeen, group.StatusSince = noon.Add(time.Second-7*aDay), noon.Add(time.Second-7*aDay)
		case "recent":
			group.StatusSince = noon.Add(-aDay)
		case "shared":
			group.Marks.ShareID = uuid.New()
		case "assigned":
			group.Assignee = "user:7"
		case "snoozed":
			group.Snooze = &grouping.Snooze{Count: 10, TimesSeen: 100}
		case "lapsed", "lapses", "sleeps":
			until := map[string]time.Duration{"lapsed": -time.Minute, "sleeps": time.Second}[word]
			group.Snooze = &grouping.Snooze{Until: noon.Add(until)}
		case "forgotten":
			group.InboxSince = noon.Add(-7 * aDay)
		case "unseen":
			group.Counters.LastSeen = noon.Add(-3 * aDay)
		case "fixed":
			group.Fix = &grouping.Fix{Release: "app@1.0.0"}
		case "waiting":
			group.Fix = &grouping.Fix{Kind: grouping.InNextRelease, Pending: true, Release: "app@1.0.0"}
		case "never":
			group.Type = 1018
		case "medium", "high":
			group.Priority = map[string]issue.Priority{"medium": issue.Medium, "high": issue.High}[word]
		case "locked":
			group.PriorityLocked = noon.Add(-aDay)
		case "unranked":
			delete(group.Metadata, "initial_priority")
		case "reviewed":
			reviewed = true
		default:
			group.Substatus = substatuses[word]
		}
	}
	group.InInbox = group.Status == issue.Unresolved && !reviewed
	return group
}

// TestUpdates walks the table of testdata/updates.txt.
func TestUpdates(t *testing.T) {
	t.Parallel()
	walkMatrix(t, "testdata/updates.txt", func(t *testing.T, before, asked string) []string {
		group := groupOf(before)
		state := grouping.State{Groups: map[int64]*grouping.Group{7: group}, Facts: grouping.Facts{
			Releases: map[string]time.Time{"app@1.0.0": noon.Add(-2 * aDay), "app@2.0.0": noon.Add(-aDay)}, Latest: "app@2.0.0",
		}}
		effects, outcome := grouping.Update(state, changeOf(t, asked), "user:1", noon)
		return append([]string{answerOf(outcome.Refused[7])}, afterwards(group, effects)...)
	})
}

func changeOf(t *testing.T, cell string) grouping.Change {
	t.Helper()
	var change grouping.Change
	pairText, rest, _ := strings.Cut(cell, "+")
	wish := &grouping.StatusWish{Snooze: &grouping.Snooze{}}
	if pairText = strings.TrimSpace(pairText); pairText != "" {
		wish.Status, wish.Substatus = pair(pairText)
		change.Status = wish
	}
	for _, word := range strings.Fields(rest) {
		key, value, _ := strings.Cut(word, "=")
		number, _ := strconv.ParseInt(value, 10, 64)
		switch key {
		case "count":
			wish.Snooze.Count = number
		case "users":
			wish.Snooze.UserCount = number
		case "for":
			wish.SnoozeFor, _ = time.ParseDuration(value)
		case "release":
			wish.Fix = &grouping.FixWish{Release: value}
		case "next":
			wish.Fix = &grouping.FixWish{Kind: grouping.InNextRelease}
		case "commit":
			wish.Fix = &grouping.FixWish{Kind: grouping.InCommit, Commit: grouping.Commit{Repository: "r", ID: value}}
		case "priority":
			priority := map[string]issue.Priority{"low": issue.Low, "high": issue.High}[value]
			change.Priority = &priority
		case "assignee":
			change.Assignee = &grouping.Assignee{Who: value}
		case "public":
			public := value == "true"
			change.Public, change.ShareSeed = &public, uuid.New()
		case "upcoming":
			wish.Fix = &grouping.FixWish{Kind: grouping.InUpcomingRelease}
		case "self":
			change.UserID, change.SelfAssign = "1", true
		case "inbox":
			in := value == "true"
			change.InInbox = &in
		case "etag":
			change.Version = number
		default:
			t.Fatalf("unknown word %q", word)
		}
	}
	if *wish.Snooze == (grouping.Snooze{}) && wish.SnoozeFor == 0 {
		wish.Snooze = nil
	}
	return change
}

func answerOf(err error) string {
	var e *fault.Error
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &e) && e.Reason != "":
		return e.Reason
	case fault.KindOf(err) == fault.NotFound:
		return "NotFound"
	default:
		return err.Error()
	}
}

func inboxOf(group *grouping.Group) string {
	if !group.InInbox {
		return ""
	}
	return reasons[group.InboxReason]
}

// afterwards gives the cells that say what became of a group.
func afterwards(group *grouping.Group, effects grouping.Effects) []string {
	var recorded, history []string
	for _, activity := range effects.Activities {
		recorded = append(recorded, activities[activity.Type])
		if activity.History != nil {
			history = append(history, strconv.Itoa(int(*activity.History)))
		}
	}
	return []string{nameOf(group), priorities[group.Priority], inboxOf(group), strings.Join(recorded, " "), strings.Join(history, " ")}
}

func TestWhatAnArchivedGroupWaitsForBeginsWhenItIsArchived(t *testing.T) {
	t.Parallel()
	group := groupOf("unresolved ongoing")
	state := grouping.State{
		Groups: map[int64]*grouping.Group{7: group},
		Facts:  grouping.Facts{Sightings: map[int64]*grouping.Sightings{7: {Users: 40}}},
	}
	wish := &grouping.StatusWish{Status: issue.Ignored, Snooze: &grouping.Snooze{Count: 5, UserCount: 2}, SnoozeFor: time.Hour}
	grouping.Update(state, grouping.Change{Status: wish}, "user:1", noon)
	want := grouping.Snooze{Count: 5, UserCount: 2, TimesSeen: 100, UsersSeen: 40, Until: noon.Add(time.Hour), Actor: "user:1"}
	if group.Snooze == nil || *group.Snooze != want {
		t.Errorf("it waits for %+v, want %+v", group.Snooze, want)
	}
}

func TestAPrioritySetByHandStays(t *testing.T) {
	t.Parallel()
	group := groupOf("unresolved escalating old")
	state := grouping.State{Groups: map[int64]*grouping.Group{7: group}}
	high := issue.High
	grouping.Update(state, grouping.Change{Priority: &high}, "user:1", noon)
	grouping.Age(state, 0, noon)
	if group.Priority != issue.High || group.PriorityLocked.IsZero() || group.Substatus != issue.Ongoing {
		t.Errorf("the group is %+v", group)
	}
}

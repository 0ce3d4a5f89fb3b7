package grouping_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// TestRegressions walks the table of testdata/regressions.txt.
func TestRegressions(t *testing.T) {
	t.Parallel()
	walkRules(t, "testdata/regressions.txt", func(t *testing.T, before, release string) []string {
		item := occurrence(0, "a", "h") // at noon
		item.Occurrence.Event.Release = release
		group, facts := resolvedGroup(t, &item, before)
		known := grouping.Known{Groups: map[grouping.Hash]int64{"h": 7}, Types: map[int64]int32{7: 1001}}
		state := grouping.State{Groups: map[int64]*grouping.Group{7: group}, Facts: facts}
		items := []grouping.Item{item}
		effects := grouping.Fold(state, known, items, grouping.Resolve(items, known, make([]grouping.Verdict, 1), nil), noon)
		if !effects.Judgements[0].IsRegression {
			if len(effects.Activities)+len(effects.Conditions)+len(effects.Inbox) > 0 {
				t.Errorf("%s | %s: it has effects: %+v", before, release, effects)
			}
			return []string{"no", "", ""}
		}
		activity := effects.Activities[0]
		if nameOf(group) != "unresolved regressed" || group.Fix != nil || activity.Type != grouping.ActivitySetRegression ||
			activity.Release != release || activity.Details["version"] != release || group.InboxReason != issue.InboxRegression {
			t.Errorf("%s | %s: the group is %+v, with %+v", before, release, group, activity)
		}
		cells := []string{"yes", "", ""}
		if want := strings.HasPrefix(before, "next") || strings.HasPrefix(before, "upcoming"); (effects.ResolvedBy[7] != "") != want {
			t.Errorf("%s | %s: the release that it was to be resolved in is %q", before, release, effects.ResolvedBy[7])
		}
		if by, ok := activity.Details["resolved_in_version"]; ok {
			cells[1], cells[2] = fmt.Sprint(by), fmt.Sprint(activity.Details["follows_semver"])
		}
		return cells
	})
}

// resolvedGroup makes the group that a cell such as `next after second, current first` describes, and what is known of
// releases.
func resolvedGroup(t *testing.T, item *grouping.Item, cell string) (*grouping.Group, grouping.Facts) {
	t.Helper()
	group := groupOf("resolved")
	group.ResolvedAt, group.ActiveAt, group.Counters.LastSeen = noon.Add(-30*time.Minute), noon.Add(-90*time.Minute), noon.Add(-2*time.Hour)
	facts := grouping.Facts{Releases: map[string]time.Time{}, CommitRelease: map[int64]string{}, FollowsSemver: strings.Contains(cell, "app@")}
	versions := []string{"first", "second", "third"}
	if facts.FollowsSemver {
		versions = []string{"app@2.0.0", "app@1.0.0", "app@1.5.0", "app@3.0.0"}
	}
	for i, version := range versions {
		facts.Releases[version] = noon.Add(time.Duration(i-10) * time.Hour)
	}
	what, rest, _ := strings.Cut(cell, ", ")
	switch words := strings.Fields(what); {
	case what == "unresolved":
		group.Status, group.Substatus = issue.Unresolved, issue.Ongoing
	case what == "ignored":
		group.Status, group.Substatus = issue.Ignored, issue.Forever
	case what == "resolved":
	case words[0] == "commit":
		group.Fix = &grouping.Fix{Kind: grouping.InCommit, Pending: true, Commit: grouping.Commit{Repository: "r", ID: "c"}}
		if len(words) == 3 {
			facts.CommitRelease[7] = words[2]
			group.Fix = &grouping.Fix{Kind: grouping.InRelease, Release: words[2], Commit: group.Fix.Commit}
		}
	case words[0] == "in":
		group.Fix = &grouping.Fix{Kind: grouping.InRelease, Release: words[1]}
	case what == "upcoming":
		group.Fix = &grouping.Fix{Kind: grouping.InUpcomingRelease, Pending: true, CreatedAt: group.ResolvedAt}
	case words[0] == "next":
		group.Fix = &grouping.Fix{Kind: grouping.InNextRelease, Pending: true, Release: words[2]}
	default:
		t.Fatalf("unknown issue %q", cell)
	}
	switch words := strings.Fields(rest); {
	case len(words) == 0 || rest == "app@":
	case rest == "unsettled":
		group.Fix = &grouping.Fix{Kind: grouping.InCommit, Pending: true, Commit: group.Fix.Commit}
	case words[0] == "current":
		group.Fix.CurrentRelease = words[1]
	case words[0] == "seen":
		item.Occurrence.Event.SeenTime = noon.Add(-duration(t, words[1]))
	case words[0] == "active":
		group.ActiveAt = noon.Add(-duration(t, words[1]))
	default:
		t.Fatalf("unknown issue %q", cell)
	}
	return group, facts
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

package grouping_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// TestAges walks the table of testdata/ages.txt, and does everything twice: the second time nothing is due.
func TestAges(t *testing.T) {
	t.Parallel()
	walkRules(t, "testdata/ages.txt", func(t *testing.T, before, resolveAfter string) []string {
		group := groupOf(before)
		state := grouping.State{
			Groups: map[int64]*grouping.Group{7: group}, Facts: grouping.Facts{NextRelease: map[int64]string{7: "app@1.1.0"}},
		}
		resolveAge, _ := time.ParseDuration(resolveAfter) // "never" is none
		effects := grouping.Age(state, resolveAge, noon)
		cells := afterwards(group, effects)
		if group.Snooze != nil && !group.Snooze.Until.IsZero() && !group.Snooze.Until.After(noon) {
			t.Errorf("%s: it is still archived until %v", before, group.Snooze.Until)
		}
		if again := grouping.Age(state, resolveAge, noon); len(again.Changed)+len(again.Conditions)+len(again.Activities)+len(again.Inbox) > 0 {
			t.Errorf("%s: changed again: %+v", before, again)
		}
		return cells
	})
}

func TestAResolutionThatWaitedForAReleaseIsInItOnceItCame(t *testing.T) {
	t.Parallel()
	group := groupOf("resolved waiting")
	state := grouping.State{
		Groups: map[int64]*grouping.Group{7: group}, Facts: grouping.Facts{NextRelease: map[int64]string{7: "app@1.1.0"}},
	}
	effects := grouping.Age(state, 0, noon)
	if want := (grouping.Fix{Kind: grouping.InRelease, Release: "app@1.1.0"}); *group.Fix != want || effects.Conditions[7] == nil {
		t.Errorf("it is resolved by %+v, want %+v", group.Fix, want)
	}
	if diff := cmp.Diff(map[int64]string{7: "app@1.1.0"}, effects.ResolvedBy); diff != "" {
		t.Error(diff)
	}
}

// The activity of a commit names no release: one that was to name the next release is of a resolution before.
func TestAResolutionByACommitIsInTheReleaseThatContainsIt(t *testing.T) {
	t.Parallel()
	group := groupOf("resolved")
	commit := grouping.Commit{Repository: "acme/backend", ID: "abc"}
	group.Fix = &grouping.Fix{Kind: grouping.InCommit, Pending: true, Commit: commit}
	state := grouping.State{
		Groups: map[int64]*grouping.Group{7: group}, Facts: grouping.Facts{CommitRelease: map[int64]string{7: "app@1.1.0"}},
	}
	effects := grouping.Settle(state, noon)
	if want := (grouping.Fix{Kind: grouping.InRelease, Release: "app@1.1.0", Commit: commit}); *group.Fix != want || effects.Conditions[7] == nil {
		t.Errorf("it is resolved by %+v, want %+v", group.Fix, want)
	}
	if len(effects.ResolvedBy) != 0 {
		t.Errorf("an activity is to name %v", effects.ResolvedBy)
	}
}

func TestAnIssueLeavesTheInboxAfterAWeek(t *testing.T) {
	t.Parallel()
	group := groupOf("unresolved ongoing")
	group.InboxSince = noon.Add(-7 * aDay)
	effects := grouping.Age(grouping.State{Groups: map[int64]*grouping.Group{7: group}}, 0, noon)
	if group.InInbox || !effects.Inbox[7] || len(effects.Activities) != 0 || group.Version != 3 {
		t.Errorf("the group is %+v, with %d activities", group, len(effects.Activities))
	}
}

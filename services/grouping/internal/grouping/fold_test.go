package grouping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// occurrence makes an item that was seen some minutes after noon.
func occurrence(minute int, title string, hashes ...grouping.Hash) grouping.Item {
	slowQuery, _ := issue.TypeByID(1001)
	at := noon.Add(time.Duration(minute) * time.Minute)
	return grouping.Item{
		ID: uuid.New(), Time: at, ReceivedAt: at,
		Occurrence: &grouping.Occurrence{
			Hashes: hashes, Type: slowQuery, Title: title, Level: issue.Info,
			Event: grouping.Event{ID: uuid.New(), SeenTime: at, Environment: "production"},
		},
	}
}

func allowed(n int) []grouping.Verdict {
	verdicts := make([]grouping.Verdict, n)
	for i := range verdicts {
		verdicts[i] = grouping.MayCreate
	}
	return verdicts
}

// fold judges items of a project that has the given groups.
func fold(known grouping.Known, groups map[int64]*grouping.Group, verdicts []grouping.Verdict, items ...grouping.Item) grouping.Effects {
	if groups == nil {
		groups = map[int64]*grouping.Group{}
	}
	ids := []int64{101, 102, 103, 104}
	state := grouping.State{Groups: groups, ShortIDs: map[int64]int64{101: 1, 102: 2, 103: 3, 104: 4}}
	return grouping.Fold(state, known, items, grouping.Resolve(items, known, verdicts, ids), noon.Add(time.Hour))
}

func TestTheFirstSightingMakesTheIssueAndTheRestAddToIt(t *testing.T) {
	t.Parallel()
	items := []grouping.Item{occurrence(0, "a", "h1"), occurrence(1, "b", "h2"), occurrence(2, "c", "h1")}
	effects := fold(grouping.Known{}, nil, allowed(3), items...)
	want := []grouping.Judgement{
		{Outcome: issue.Accepted, GroupID: 101, ShortID: 1, IsNew: true},
		{Outcome: issue.Accepted, GroupID: 102, ShortID: 2, IsNew: true},
		{Outcome: issue.Accepted, GroupID: 101, ShortID: 1},
	}
	if diff := cmp.Diff(want, effects.Judgements); diff != "" {
		t.Error(diff)
	}
	if got := effects.Created[0].Counters.TimesSeen; got != 2 {
		t.Errorf("the first group was seen %d times, want 2", got)
	}
}

func TestARepeatGetsTheFirstAnswerAndHasNoEffect(t *testing.T) {
	t.Parallel()
	item := occurrence(0, "a", "h1")
	effects := fold(grouping.Known{}, nil, allowed(2), item, item)
	want := grouping.Judgement{Outcome: issue.Accepted, GroupID: 101, ShortID: 1, IsNew: true, Repeated: true}
	if diff := cmp.Diff(want, effects.Judgements[1]); diff != "" {
		t.Error(diff)
	}
	if n := effects.Created[0].Counters.TimesSeen; n != 1 || len(effects.Events) != 1 {
		t.Errorf("counted %d times, indexed %d times", n, len(effects.Events))
	}

	judged := grouping.Judgement{Outcome: issue.DroppedNoise}
	known := grouping.Known{Judged: map[grouping.ItemKey]grouping.Judgement{item.Key(): judged}}
	effects = fold(known, nil, allowed(1), item)
	judged.Repeated = true
	if diff := cmp.Diff([]grouping.Judgement{judged}, effects.Judgements); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFingerprintPartLeadsToTheIssue(t *testing.T) {
	t.Parallel()
	known := grouping.Known{Groups: map[grouping.Hash]int64{"other": 7}, Types: map[int64]int32{7: 1001}}
	items := []grouping.Item{occurrence(0, "a", "h1", "h2", "other"), occurrence(1, "a", "h2")}
	resolution := grouping.Resolve(items, known, allowed(2), []int64{101})
	if diff := cmp.Diff(map[grouping.Hash]int64{"h1": 101, "h2": 101}, resolution.Links); diff != "" {
		t.Error(diff)
	}
	if got := resolution.Targets[1]; got.GroupID != 101 || got.IsNew {
		t.Errorf("the second part leads to %+v", got)
	}
}

func TestAnItemOfAnotherCategoryIsDroppedAndLinksNothing(t *testing.T) {
	t.Parallel()
	known := grouping.Known{Groups: map[grouping.Hash]int64{"h": 7}, Types: map[int64]int32{7: 4001}}
	items := []grouping.Item{occurrence(0, "a", "h", "h2")}
	resolution := grouping.Resolve(items, known, make([]grouping.Verdict, 1), nil)
	want := grouping.Resolution{Targets: []grouping.Target{{Dropped: issue.DroppedCategoryMismatch}}, Links: map[grouping.Hash]int64{}}
	if diff := cmp.Diff(want, resolution); diff != "" {
		t.Error(diff)
	}
}

func TestVerdictsHoldIssuesBack(t *testing.T) {
	t.Parallel()
	items := []grouping.Item{occurrence(0, "a", "h1"), occurrence(1, "a", "h1"), occurrence(2, "b", "h2"), occurrence(3, "a", "h1")}
	verdicts := []grouping.Verdict{grouping.TooFewSeen, grouping.MayCreate, grouping.OverQuota, grouping.TooFewSeen}
	effects := fold(grouping.Known{}, nil, verdicts, items...)
	var outcomes []issue.Outcome
	for _, judgement := range effects.Judgements {
		outcomes = append(outcomes, judgement.Outcome)
	}
	want := []issue.Outcome{issue.DroppedNoise, issue.Accepted, issue.DroppedRateLimited, issue.Accepted}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Error(diff)
	}
	if r := grouping.Resolve(items, grouping.Known{}, make([]grouping.Verdict, 4), nil); !r.VerdictMissing {
		t.Error("an item without a verdict was judged")
	}
}

func TestTextFollowsTheLatestSighting(t *testing.T) {
	t.Parallel()
	effects := fold(grouping.Known{}, nil, allowed(4),
		occurrence(5, "first", "h"), occurrence(9, "latest", "h"), occurrence(2, "late arrival", "h"), occurrence(10, "<untitled>", "h"))
	group := effects.Created[0]
	got := []any{group.Text.Title, group.Metadata["title"], group.FirstSeen, group.Counters.LastSeen, group.Counters.TimesSeen}
	want := []any{"latest", "latest", noon.Add(2 * time.Minute), noon.Add(10 * time.Minute), int64(4)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyASightingAfterTheResolutionReopens(t *testing.T) {
	t.Parallel()
	known := grouping.Known{Groups: map[grouping.Hash]int64{"h": 7}, Types: map[int64]int32{7: 1001}}
	resolvedAt := noon.Add(10 * time.Minute)
	for name, tc := range map[string]struct {
		group     grouping.Group
		minute    int
		regressed bool
	}{
		"seen before":              {group: grouping.Group{Status: issue.Resolved, ResolvedAt: resolvedAt}, minute: 5},
		"seen at the same time":    {group: grouping.Group{Status: issue.Resolved, ResolvedAt: resolvedAt}, minute: 10},
		"seen after":               {group: grouping.Group{Status: issue.Resolved, ResolvedAt: resolvedAt}, minute: 11, regressed: true},
		"seen at its last sign":    {group: grouping.Group{Status: issue.Resolved, ResolvedAt: resolvedAt, ActiveAt: noon.Add(11 * time.Minute)}, minute: 11},
		"an ignored issue":         {group: grouping.Group{Status: issue.Ignored, Substatus: issue.Forever}, minute: 11},
		"an issue that is open":    {group: grouping.Group{Status: issue.Unresolved, Substatus: issue.Ongoing}, minute: 11},
		"resolved without a trace": {group: grouping.Group{Status: issue.Resolved}, minute: 1, regressed: true},
	} {
		group := tc.group
		group.ID, group.Type, group.Metadata = 7, 1001, map[string]any{}
		effects := fold(known, map[int64]*grouping.Group{7: &group}, make([]grouping.Verdict, 1), occurrence(tc.minute, "a", "h"))
		if got := effects.Judgements[0].IsRegression; got != tc.regressed {
			t.Errorf("%s: regressed is %v", name, got)
		}
		if tc.regressed && (group.Status != issue.Unresolved || group.Substatus != issue.Regressed || !group.InInbox || len(effects.Activities) != 1) {
			t.Errorf("%s: the group is %+v, with %d activities", name, group, len(effects.Activities))
		}
		if group.Counters.TimesSeen != 1 {
			t.Errorf("%s: counted %d times", name, group.Counters.TimesSeen)
		}
	}
}

func TestMessageJoinsWhatAddsSomething(t *testing.T) {
	t.Parallel()
	item := occurrence(0, "it was bad", "h")
	item.Occurrence.Event.Message = "something bad happened"
	item.Occurrence.Subtitle, item.Occurrence.Culprit = "bad", "api/123"
	group := fold(grouping.Known{}, nil, allowed(1), item).Created[0]
	if want := "something bad happened it was bad api/123"; group.Text.Message != want {
		t.Errorf("message %q, want %q", group.Text.Message, want)
	}
	item.Occurrence.Culprit = strings.Repeat("ü", 300)
	group = fold(grouping.Known{}, nil, allowed(1), item).Created[0]
	if n := len([]rune(group.Text.Culprit)); n != 200 {
		t.Errorf("the culprit has %d characters", n)
	}
}

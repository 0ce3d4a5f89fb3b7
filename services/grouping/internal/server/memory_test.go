package server_test

import (
	"slices"
	"testing"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// Whatever one replica remembers of hashes and projects, another one may have changed since.
func TestWhatIsRememberedIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, other replica, a, b int64)
		holds  func(j *groupingv1.Judgement, a, b int64) bool
	}{
		"nothing": {
			func(*testing.T, replica, int64, int64) {},
			func(j *groupingv1.Judgement, a, _ int64) bool { return j.GetGroupId() == a },
		},
		"merged": {
			func(t *testing.T, other replica, a, b int64) {
				if kept := other.merge(t, a, b); kept != b {
					t.Fatalf("%d is kept, not %d", kept, b)
				}
			},
			func(j *groupingv1.Judgement, _, b int64) bool { return j.GetGroupId() == b },
		},
		"deleted": {
			func(t *testing.T, other replica, a, _ int64) { other.delete(t, a) },
			func(j *groupingv1.Judgement, a, b int64) bool { return j.GetIsNew() && j.GetGroupId() > max(a, b) },
		},
		"discarded": {
			func(t *testing.T, other replica, a, _ int64) { other.discard(t, a) },
			func(j *groupingv1.Judgement, _, _ int64) bool {
				return j.GetOutcome() == issuesv1.Outcome_OUTCOME_DROPPED_DISCARDED
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t)
			r, other := in.replica(t), in.replica(t)
			r.project(t, nil)
			event := func(function string) *groupingv1.Item { return errorEvent(t, now, stack("KeyError", "", function)) }
			judged := r.judge(t, event("a"), event("b"))
			a, b := judged[0].GetGroupId(), judged[1].GetGroupId()
			r.judge(t, event("a"), event("b"))
			c.change(t, other, a, b)
			for range 2 {
				// Beside another, so that a batch of some that are as remembered and some that are not is one of them.
				if j := r.judge(t, event("b"), event("a"))[1]; !c.holds(j, a, b) {
					t.Fatalf("of %d and %d: %v", a, b, j)
				}
				if name == "deleted" {
					break // the new issue is known now
				}
			}
		})
	}
}

func TestARepeatOfARememberedIssueIsARepeat(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r, other := in.replica(t), in.replica(t)
	r.project(t, nil)
	first, elsewhere := occurrence(now, "a"), occurrence(now, "a")
	id := r.judge(t, first)[0].GetGroupId()
	other.judge(t, elsewhere)
	for i, j := range r.judge(t, occurrence(now, "a"), first, elsewhere, occurrence(now, "a")) {
		if j.GetGroupId() != id || j.GetRepeated() != (i == 1 || i == 2) {
			t.Errorf("item %d: %v", i, j)
		}
	}
	twice := occurrence(now, "a")
	for i, j := range r.judge(t, twice, twice) {
		if j.GetGroupId() != id || j.GetRepeated() != (i == 1) {
			t.Errorf("item %d of a list with it twice: %v", i, j)
		}
	}
	if seen := r.read(t, id).GetTimesSeen(); seen != 5 {
		t.Errorf("seen %d times", seen)
	}
}

func TestARepeatBesideANewIssueIsARepeat(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	first := occurrence(now, "a")
	id := r.judge(t, first)[0].GetGroupId()
	judged := r.judge(t, occurrence(now, "b"), first, occurrence(now, "a"))
	if !judged[0].GetIsNew() || judged[0].GetGroupId() == id {
		t.Errorf("a new issue beside a repeat: %v", judged[0])
	}
	for i, j := range judged[1:] {
		if j.GetGroupId() != id || j.GetRepeated() != (i == 0) {
			t.Errorf("item %d: %v", i+1, j)
		}
	}
	if seen := r.read(t, id).GetTimesSeen(); seen != 2 {
		t.Errorf("seen %d times", seen)
	}
}

func TestRulesThatChangedElsewhereHashTheNextEvent(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r, other := in.replica(t), in.replica(t)
	r.project(t, nil)
	event := func() *groupingv1.Item { return errorEvent(t, now, stack("KeyError", "no 'a'", "add")) }
	before := r.judge(t, event(), event())
	if _, err := other.set(t, &groupingv1.ProjectSettings{FingerprintRules: "type:KeyError -> keys"}, "settings.fingerprint_rules"); err != nil {
		t.Fatal(err)
	}
	after := r.judge(t, event(), event())
	if slices.ContainsFunc(after, func(j *groupingv1.Judgement) bool { return j.GetGroupId() == before[0].GetGroupId() }) {
		t.Errorf("%v, then %v", before, after)
	}
}

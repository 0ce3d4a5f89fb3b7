package grouping_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

var (
	statuses = map[string]issue.Status{
		"unresolved": issue.Unresolved, "resolved": issue.Resolved, "ignored": issue.Ignored, "pending_deletion": issue.PendingDeletion,
		"deletion_in_progress": issue.DeletionInProgress, "pending_merge": issue.PendingMerge, "reprocessing": issue.Reprocessing,
	}
	substatuses = map[string]issue.Substatus{
		"": issue.NoSubstatus, "new": issue.New, "ongoing": issue.Ongoing, "escalating": issue.Escalating, "regressed": issue.Regressed,
		"until_escalating": issue.UntilEscalating, "until_condition_met": issue.UntilConditionMet, "forever": issue.Forever,
	}
	priorities = map[issue.Priority]string{issue.Low: "low", issue.Medium: "medium", issue.High: "high"}
	reasons    = map[issue.InboxReason]string{
		issue.InboxManual: "manual", issue.InboxNew: "new", issue.InboxRegression: "regression", issue.InboxEscalating: "escalating", issue.InboxOngoing: "ongoing",
	}
	activities = map[grouping.ActivityType]string{
		grouping.ActivitySetResolved: "set_resolved", grouping.ActivitySetUnresolved: "set_unresolved",
		grouping.ActivitySetIgnored: "set_ignored", grouping.ActivitySetRegression: "set_regression",
		grouping.ActivityAutoSetOngoing: "auto_set_ongoing", grouping.ActivitySetEscalating: "set_escalating",
		grouping.ActivitySetPriority: "set_priority", grouping.ActivityAssigned: "assigned",
		grouping.ActivityUnassigned: "unassigned", grouping.ActivityMarkReviewed: "mark_reviewed",
		grouping.ActivitySetResolvedByAge: "set_resolved_by_age", grouping.ActivitySetResolvedInRelease: "set_resolved_in_release",
		grouping.ActivitySetResolvedInCommit: "set_resolved_in_commit", grouping.ActivitySetPublic: "set_public",
		grouping.ActivitySetPrivate: "set_private",
	}
)

// TestStatusChanges walks the table of testdata/status_changes.txt.
func TestStatusChanges(t *testing.T) {
	t.Parallel()
	walkMatrix(t, "testdata/status_changes.txt", afterStatusChange)
}

// afterStatusChange gives the cells of the table that say what became of a group.
func afterStatusChange(t *testing.T, before, asked string) []string {
	t.Helper()
	group := groupOf(before)
	change := &grouping.StatusChange{Hash: "h"}
	change.Status, change.Substatus = pair(asked)
	items := []grouping.Item{{ID: uuid.New(), ReceivedAt: noon, StatusChange: change}}
	known := grouping.Known{Groups: map[grouping.Hash]int64{"h": 7}}
	state := grouping.State{Groups: map[int64]*grouping.Group{7: group}}

	effects := grouping.Fold(state, known, items, grouping.Resolve(items, known, make([]grouping.Verdict, 1), nil), noon)

	judgement := effects.Judgements[0]
	if resolved := group.ResolvedAt; judgement.Changed && (group.Status == issue.Resolved) != resolved.Equal(noon) {
		t.Errorf("%s, asked for %s: resolved at %v", before, asked, resolved)
	}
	if judgement.GroupID != 7 || judgement.Changed != (len(effects.Activities) > 0) {
		t.Errorf("%s, asked for %s: %+v with %d activities", before, asked, judgement, len(effects.Activities))
	}
	answer := "accepted"
	switch {
	case judgement.Outcome == issue.DroppedInvalidTransition:
		answer = "invalid transition"
	case judgement.Changed:
		answer = "changed"
	}
	return append([]string{answer}, afterwards(group, effects)...)
}

func pair(text string) (issue.Status, issue.Substatus) {
	status, substatus, _ := strings.Cut(text, " ")
	return statuses[status], substatuses[substatus]
}

func nameOf(group *grouping.Group) string {
	for status, number := range statuses {
		for substatus, sub := range substatuses {
			if number == group.Status && sub == group.Substatus {
				return strings.TrimSpace(status + " " + substatus)
			}
		}
	}
	return "?"
}

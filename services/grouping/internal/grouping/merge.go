package grouping

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// Reasons of refused merges, for programs.
const (
	ReasonNotMergeable = "NOT_MERGEABLE"
	ReasonNothingLeft  = "NOTHING_LEFT"
)

// Merged is what became of groups that were merged.
type Merged struct {
	Primary    *Group // that stays
	AssigneeOf int64  // the group whose assignee has the primary now; 0 where that had one, or none had
}

// Merge hides all groups of the state but the one that was seen most, into which their hashes are to go. Where nobody has
// that, it goes to whoever has the one that was seen most of the others.
func Merge(state State, actor string, now time.Time) (effects Effects, merged Merged, err error) {
	groups := make([]*Group, 0, len(state.Groups))
	for _, id := range sortedIDs(state.Groups) {
		group := state.Groups[id]
		t, _ := issue.TypeByID(group.Type)
		switch {
		case group.Status > issue.Ignored:
			return effects, merged, fault.Missing("issue", id)
		case t.Category != issue.CategoryError:
			return effects, merged, fault.Precondition(ReasonNotMergeable, "only issues of errors can be merged; issue %d is none", id)
		}
		groups = append(groups, group)
	}
	slices.SortFunc(groups, func(a, b *Group) int {
		return -cmp.Or(cmp.Compare(a.Counters.TimesSeen, b.Counters.TimesSeen), cmp.Compare(a.ID, b.ID))
	})
	primary := groups[0]
	merged.Primary = primary
	f := newFold(state, actor, now)
	named := []any{}
	for _, group := range groups[1:] {
		if primary.Assignee == "" && group.Assignee != "" {
			primary.Assignee, merged.AssigneeOf = group.Assignee, group.ID
		}
		group.Status, group.Substatus = issue.PendingMerge, issue.NoSubstatus
		f.touch(group)
		named = append(named, map[string]any{"id": group.ID})
	}
	f.touch(primary)
	details := map[string]any{"issues": named}
	if merged.AssigneeOf != 0 {
		details["assignee"] = primary.Assignee
	}
	f.record(primary, ActivityMerge, details)
	return f.effects, merged, nil
}

// Split makes, of some of the source's hashes, a group with a new id, or wakes the merged group that they came from:
// that one has the status of before the merge by now.
func Split(state State, source, destination *Group, isNew bool, hashes []string, actor string, now time.Time) Effects {
	f := newFold(state, actor, now)
	if isNew {
		f.effects.Created = append(f.effects.Created, destination)
		f.effects.Inbox[destination.ID] = true
	} else {
		f.touch(destination)
	}
	f.touch(source)
	f.record(source, ActivityUnmergeSource, map[string]any{"fingerprints": hashes, "destination": destination.ID})
	f.record(destination, ActivityUnmergeDestination, map[string]any{"fingerprints": hashes, "source": source.ID})
	return f.effects
}

// NewSplit is the group that hashes get which leave a group. Its counters and text are those of the hashes.
func NewSplit(id, shortID int64, source *Group, sums HashSums, firstRelease string, now time.Time) *Group {
	group := &Group{
		ID: id, ShortID: shortID, Type: source.Type, Status: issue.Unresolved, Substatus: issue.Ongoing, Priority: source.Priority,
		Metadata: map[string]any{}, FirstRelease: firstRelease, ActiveAt: sums.FirstSeen, CreatedAt: now, StatusSince: now,
		InInbox: true, InboxReason: issue.InboxNew, InboxSince: now, Version: 1,
	}
	if sums.FirstSeen.After(now.Add(-newFor)) {
		group.Substatus = issue.New
	}
	for _, key := range []string{metadataInitialPriority, metadataSDK} {
		if value, ok := source.Metadata[key]; ok {
			group.Metadata[key] = value
		}
	}
	if initial, ok := group.Metadata[metadataInitialPriority].(float64); ok {
		group.Priority = issue.Priority(initial)
	}
	group.Recount(sums)
	return group
}

// HashSums add up the counters of the hashes of a group.
type HashSums struct {
	Hashes     int32
	TimesSeen  int64
	FirstSeen  time.Time
	LastSeen   time.Time
	LastItemID uuid.UUID
	Text       HashText // of the hash that was seen last
	RealTitle  string   // of the hash that was seen last of those whose title says something; empty when none does
}

// Recount gives a group the counters and the text of its hashes. One without hashes keeps its text and times. What it has in
// which environment is known when its rows have moved.
func (g *Group) Recount(sums HashSums) {
	g.Counters.TimesSeen, g.Counters.Hashes, g.Counters.Environments = sums.TimesSeen, sums.Hashes, nil
	if sums.Hashes == 0 {
		return
	}
	g.FirstSeen, g.Counters.LastSeen, g.Counters.LastItemID = sums.FirstSeen, sums.LastSeen, sums.LastItemID
	if isPlaceholder(sums.Text.Text.Title) && sums.RealTitle != "" {
		sums.Text.Text.Title = sums.RealTitle
	}
	g.Text, g.Metadata = sums.Text.Text, g.madeWith(sums.Text)
}

// SoleText is the text of the one hash that a group has.
func (g *Group) SoleText() HashText { return HashText{g.Text, itemMetadata(g.Metadata)} }

// madeWith are the metadata of a text and those that the group was made with.
func (g *Group) madeWith(text HashText) map[string]any {
	metadata := itemMetadata(text.Metadata)
	for _, key := range []string{metadataInitialPriority, metadataSDK} {
		if value, ok := g.Metadata[key]; ok {
			metadata[key] = value
		}
	}
	metadata[metadataTitle] = text.Text.Title
	return metadata
}

// Placeholders are the titles that say nothing.
func Placeholders() []string { return slices.Clone(placeholders) }

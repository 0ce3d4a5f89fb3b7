package grouping

import "github.com/picket-io/picket/pkg/issue"

// Verdict says whether an item may make a group, where its fingerprint has none.
type Verdict int8

// The verdicts. NotAsked is the zero value: the fingerprint had a group when verdicts were asked for.
const (
	NotAsked Verdict = iota
	MayCreate
	TooFewSeen
	OverQuota
)

// Discarded stands in the place of a group's id where the group was discarded: what has the hash is dropped.
const Discarded int64 = -1

// Known is what the database knows of a list of items of one project.
type Known struct {
	Groups map[Hash]int64        // group of each hash that has one, or Discarded
	Types  map[int64]int32       // type of each of these groups; it never changes
	Judged map[ItemKey]Judgement // items that were judged before
	// Merged are where groups that are merged lead, as far as status changes name them. Their hashes follow.
	Merged map[int64]int64
}

// Target is the group of one item.
type Target struct {
	GroupID int64         // 0 when the item has none
	IsNew   bool          // the item makes the group
	Dropped issue.Outcome // why the item has no group
	Repeat  bool          // the item was judged before, in the database or earlier in the list
}

// Resolution says which group every item of a list belongs to.
type Resolution struct {
	Targets []Target
	Links   map[Hash]int64 // hashes that get a group by these items
	Created int            // groups that these items make
	// VerdictMissing says that an item met a fingerprint without a group that was not asked about: look again.
	VerdictMissing bool
}

// Resolve walks the items in order and finds the group of each. Groups to be made get the ids of newIDs, in order;
// there are enough of them when it has one for each fingerprint without a group.
//
// The first hash of an occurrence decides, and of an error event the first that has a group. The other hashes are
// linked to the same group where they have none; where they have another group, they stay there.
func Resolve(items []Item, known Known, verdicts []Verdict, newIDs []int64) Resolution {
	r := Resolution{Targets: make([]Target, len(items)), Links: map[Hash]int64{}}
	created := map[int64]int32{}
	seen := make(map[ItemKey]bool, len(items))
	groupOf := func(hash Hash) int64 {
		if id, ok := r.Links[hash]; ok {
			return id
		}
		return known.Groups[hash]
	}
	for i, item := range items {
		key := item.Key()
		if _, judged := known.Judged[key]; judged || seen[key] {
			r.Targets[i].Repeat = true
			continue
		}
		seen[key] = true
		hashes := item.Hashes()
		target := Target{GroupID: decide(item, groupOf)}
		if to, merged := known.Merged[target.GroupID]; merged && item.StatusChange != nil {
			target.GroupID = to
		}
		if target.GroupID == Discarded {
			target = Target{Dropped: discarded(item)}
		} else if target.GroupID == 0 {
			target = r.create(item, verdicts[i], newIDs)
			if target.IsNew {
				created[target.GroupID] = item.Occurrence.Type.ID
			}
		} else if item.StatusChange == nil && !sameCategory(item, typeOf(target.GroupID, known, created)) {
			target = Target{Dropped: issue.DroppedCategoryMismatch}
		}
		r.Targets[i] = target
		if target.GroupID == 0 || item.StatusChange != nil {
			continue
		}
		for _, hash := range hashes {
			if groupOf(hash) == 0 {
				r.Links[hash] = target.GroupID
			}
		}
	}
	return r
}

func discarded(item Item) issue.Outcome {
	if item.StatusChange != nil {
		return issue.DroppedIssueNotFound
	}
	return issue.DroppedDiscarded
}

// GroupOf is the group that an item belongs to by what is known, 0 when it has none.
func (k Known) GroupOf(item Item) int64 {
	return decide(item, func(hash Hash) int64 { return k.Groups[hash] })
}

func decide(item Item, groupOf func(Hash) int64) int64 {
	if item.Kind() != KindErrorEvent {
		return groupOf(item.Hashes()[0])
	}
	for _, hash := range item.Lookups() {
		if id := groupOf(hash); id != 0 {
			return id
		}
	}
	return 0
}

func typeOf(groupID int64, known Known, created map[int64]int32) int32 {
	if id, ok := created[groupID]; ok {
		return id
	}
	return known.Types[groupID]
}

func sameCategory(item Item, typeID int32) bool {
	t, _ := issue.TypeByID(typeID) // stored ids come from the registry, which only grows
	return t.Category == item.Occurrence.Type.Category
}

func (r *Resolution) create(item Item, verdict Verdict, newIDs []int64) Target {
	if item.StatusChange != nil {
		return Target{Dropped: issue.DroppedIssueNotFound}
	}
	switch verdict {
	case TooFewSeen:
		return Target{Dropped: issue.DroppedNoise}
	case OverQuota:
		return Target{Dropped: issue.DroppedRateLimited}
	case NotAsked:
		r.VerdictMissing = true
		return Target{Dropped: issue.DroppedNoise}
	case MayCreate:
	}
	if r.Created == len(newIDs) {
		r.VerdictMissing = true
		return Target{Dropped: issue.DroppedNoise}
	}
	r.Created++
	return Target{GroupID: newIDs[r.Created-1], IsNew: true}
}

package grouping

import (
	"maps"
	"reflect"
	"time"

	"github.com/google/uuid"
)

// Counters change with every item.
type Counters struct {
	TimesSeen  int64
	LastSeen   time.Time
	LastItemID uuid.UUID // of the item that was seen at LastSeen
	UsersSeen  int64     // distinct users
	Hashes     int32     // under which items were counted
	// Environments are the same by environment, of the first that came; nil: not known, while rows of the group are on their
	// way, or until it is counted again.
	Environments map[string]EnvironmentCounts
}

// EnvironmentCounts are the events of a group in one environment, and their distinct users.
type EnvironmentCounts struct{ Events, Users int64 }

// MostEnvironments of a group are counted by themselves.
const MostEnvironments = 16

// HashCounters are those of the items with one first hash.
type HashCounters struct {
	GroupID    int64 // that has the hash
	TimesSeen  int64
	FirstSeen  time.Time
	LastSeen   time.Time
	LastItemID uuid.UUID
	// Text is of the item that was seen last; nil where the group has this hash alone and so the same text.
	Text *HashText
}

// HashText is what a group shows when the item that was seen last had this hash.
type HashText struct {
	Text     Text
	Metadata map[string]any
}

// count adds the item to the counters of its hash and its group, and gives the group the item's text when no later
// item was seen.
func (f *fold) count(item Item, group *Group) {
	seen := item.Occurrence.Event.SeenTime
	hash := f.countHash(item, group)
	group.Counters.TimesSeen++
	f.effects.Counted[group.ID] = group
	if seen.Before(group.FirstSeen) {
		group.FirstSeen = seen
		f.effects.Changed[group.ID] = group
	}
	if !isLater(item, group.Counters.LastSeen, group.Counters.LastItemID) {
		return
	}
	group.Counters.LastSeen, group.Counters.LastItemID = seen, item.ID
	if hash.Text != nil {
		f.show(group, *hash.Text)
	} else {
		f.show(group, overlay(HashText{group.Text, group.Metadata}, item.Occurrence))
	}
}

func (f *fold) countHash(item Item, group *Group) *HashCounters {
	seen, name := item.Occurrence.Event.SeenTime, item.Occurrence.Hashes[0]
	hash, known := f.state.Hashes[name]
	if !known {
		f.part(group)
		hash = &HashCounters{GroupID: group.ID, FirstSeen: seen, Text: &HashText{}}
		f.state.Hashes[name] = hash
		group.Counters.Hashes++
	}
	hash.TimesSeen++
	f.effects.Hashes[name] = hash
	if seen.Before(hash.FirstSeen) {
		hash.FirstSeen = seen
	}
	if !isLater(item, hash.LastSeen, hash.LastItemID) {
		return hash
	}
	hash.LastSeen, hash.LastItemID = seen, item.ID
	if hash.Text != nil {
		text := overlay(*hash.Text, item.Occurrence)
		hash.Text = &text
	}
	return hash
}

// part gives the one hash that a group has so far a text of its own, before the group gets another hash.
func (f *fold) part(group *Group) {
	if group.Counters.Hashes != 1 {
		return
	}
	text := group.SoleText()
	if sole, here := f.soleHashes[group.ID]; here {
		sole.Text = &text
	} else {
		f.effects.Parted[group.ID] = text
	}
}

// overlay gives what is shown after an item that is later than all before it.
func overlay(before HashText, o *Occurrence) HashText {
	text := textOf(o)
	if isPlaceholder(text.Title) && !isPlaceholder(before.Text.Title) {
		text.Title = before.Text.Title
	}
	metadata := maps.Clone(before.Metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	maps.Copy(metadata, metadataOf(o))
	metadata[metadataTitle] = text.Title
	return HashText{text, metadata}
}

// show gives a group another text. What its metadata say of its making stays.
func (f *fold) show(group *Group, latest HashText) {
	if isPlaceholder(latest.Text.Title) && !isPlaceholder(group.Text.Title) {
		latest.Text.Title = group.Text.Title
	}
	metadata := group.madeWith(latest)
	if latest.Text == group.Text && reflect.DeepEqual(metadata, group.Metadata) {
		return
	}
	group.Text, group.Metadata = latest.Text, metadata
	f.effects.Changed[group.ID] = group
}

// itemMetadata is a copy of metadata without what is set once, when the group is made.
func itemMetadata(metadata map[string]any) map[string]any {
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	delete(metadata, metadataInitialPriority)
	delete(metadata, metadataSDK)
	return metadata
}

func isLater(item Item, lastSeen time.Time, lastItemID uuid.UUID) bool {
	seen := item.Occurrence.Event.SeenTime
	if !seen.Equal(lastSeen) {
		return seen.After(lastSeen)
	}
	return item.ID.String() > lastItemID.String()
}

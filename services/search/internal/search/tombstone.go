package search

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Tombstone is what is left of a discarded issue.
type Tombstone struct {
	ProjectID int64
	ID        int64
	IssueID   int64
	Title     string
	Culprit   string
	Level     issue.Level
	Actor     string
	CreatedAt time.Time
}

// TombstonePosition is the tombstone below which a page begins.
type TombstonePosition struct {
	Micros    int64
	ProjectID int64
	ID        int64
}

// Position is the place of a tombstone in the order of all.
func (t Tombstone) Position() TombstonePosition {
	return TombstonePosition{Micros: t.CreatedAt.UnixMicro(), ProjectID: t.ProjectID, ID: t.ID}
}

package search

import (
	"time"

	"github.com/picket-io/picket/pkg/fault"
)

// Visibility says who sees a saved search.
type Visibility int16

// The visibilities.
const (
	ForOwner        Visibility = 1
	ForOrganization Visibility = 2
)

// SavedSearch is a search with a name.
type SavedSearch struct {
	OrganizationID int64
	ID             int64
	Name           string
	Query          string
	Sort           Sort
	Visibility     Visibility
	Owner          string
	CreatedAt      time.Time
	Pinned         bool // by the caller
}

// SavedSearchPosition is the saved search after which a page begins.
type SavedSearchPosition struct {
	Name string
	ID   int64
}

// SavedSearchChange holds the new values of the fields that change.
type SavedSearchChange struct {
	Name       *string
	Query      *string
	Sort       *Sort
	Visibility *Visibility
}

// Apply gives the saved search after a change by somebody who sees it. What the organization sees, everybody in it may
// change; only its owner may take it back, because it would vanish for everybody else.
func (s SavedSearch) Apply(c SavedSearchChange, actor string) (SavedSearch, error) {
	if c.Visibility != nil && *c.Visibility != s.Visibility {
		if s.Owner != actor {
			return s, fault.Precondition("NOT_OWNER", "only %s may change who sees saved search %d", s.Owner, s.ID)
		}
		s.Visibility = *c.Visibility
	}
	if c.Name != nil {
		s.Name = *c.Name
	}
	if c.Query != nil {
		s.Query = *c.Query
	}
	if c.Sort != nil {
		s.Sort = *c.Sort
	}
	return s, nil
}

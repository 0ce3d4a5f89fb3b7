// Package search holds the rules of searching issues: windows, orders, pages, series and names. It does no I/O.
package search

import (
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
)

// DefaultQuery is what a search without a query means; an empty one has no filters.
const DefaultQuery = "is:unresolved issue.priority:[high, medium]"

// Project is a project as far as searches name it.
type Project struct {
	ID   int64
	Slug string
}

// Scope says where a search looks. There is at least one project; no environment means all of them.
type Scope struct {
	Projects     []Project
	Environments []string
	// Who asks for `me` and `my_teams`; empty when that is not said.
	OrganizationID int64
	Caller         string
	Latest         map[int64]string // the latest release of a project, where the query asks for it; nil: not looked up yet
}

// ProjectIDs lists the ids of the projects.
func (s Scope) ProjectIDs() []int64 {
	ids := make([]int64, 0, len(s.Projects))
	for _, p := range s.Projects {
		ids = append(ids, p.ID)
	}
	return ids
}

// BySlug finds one of the projects.
func (s Scope) BySlug(slug string) (id int64, ok bool) {
	for _, p := range s.Projects {
		if p.Slug == slug {
			return p.ID, true
		}
	}
	return 0, false
}

// Slug gives the slug of one of the projects.
func (s Scope) Slug(projectID int64) string {
	for _, p := range s.Projects {
		if p.ID == projectID {
			return p.Slug
		}
	}
	return ""
}

// Query is a search for issues. An issue matches when one of its events in the window makes the whole tree true.
type Query struct {
	Scope  Scope
	Tree   searchquery.Node
	Window Window
	Now    time.Time // what relative dates and trends are reckoned from
	Sort   Sort
}

// Sort is an order of issues. All are descending, and ties go to the higher id. Saved searches keep the numbers.
type Sort int16

// The orders, each by a score over the matching events.
const (
	ByDate        Sort = 0 // latest event
	ByNew         Sort = 1 // first event
	ByFreq        Sort = 2 // number of events
	ByUser        Sort = 3 // number of distinct users
	ByTrends      Sort = 4 // rising, see the weights in trends.go
	ByInbox       Sort = 5 // when it came into the inbox; issues outside the inbox are not found
	ByRecommended Sort = 6 // several reasons to look at it, see the weights in recommended.go
)

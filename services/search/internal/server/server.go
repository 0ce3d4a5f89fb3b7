// Package server is the gRPC face of the search service.
package server

import (
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/services/search/internal/store"
)

// Parts are what a server works with.
type Parts struct {
	Issues        *store.Store
	SavedSearches *store.SavedSearches
	Grouping      groupingv1.GroupingServiceClient // changes issues
	Traces        tracesv1.TracesServiceClient     // has the spans
	Now           func() time.Time
	Retention     time.Duration // how far back any search looks
	// MatchingEvents of the issues of a page together are looked at for matching counts alone, unless a search asks for more.
	MatchingEvents int64
}

// MatchingEvents are as many as take little beside finding the page.
const MatchingEvents = 2_000

// Server answers searches. What it does not have is answered with UNIMPLEMENTED.
type Server struct {
	searchv1.UnimplementedSearchServiceServer
	store          *store.Store
	saved          *store.SavedSearches
	grouping       groupingv1.GroupingServiceClient
	traces         tracesv1.TracesServiceClient
	now            func() time.Time
	retention      time.Duration
	matchingEvents int64
}

// noTime stands for a bound that a request does not give.
var noTime time.Time

// New makes a server.
func New(p Parts) *Server {
	return &Server{
		store: p.Issues, saved: p.SavedSearches, grouping: p.Grouping, traces: p.Traces, now: p.Now, retention: p.Retention,
		matchingEvents: p.MatchingEvents,
	}
}

// Package server is the gRPC face of the search service.
package server

import (
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/services/search/internal/store"
)

// Server answers searches. What it does not have is answered with UNIMPLEMENTED.
type Server struct {
	searchv1.UnimplementedSearchServiceServer
	store    *store.Store
	grouping groupingv1.GroupingServiceClient
	traces   tracesv1.TracesServiceClient
	now      func() time.Time
}

// noTime stands for a bound that a request does not give.
var noTime time.Time

// New makes a server that reads issues from a store, has the grouping service change them, and asks the traces
// service for spans.
func New(st *store.Store, grouping groupingv1.GroupingServiceClient, traces tracesv1.TracesServiceClient, now func() time.Time) *Server {
	return &Server{store: st, grouping: grouping, traces: traces, now: now}
}

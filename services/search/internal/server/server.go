// Package server is the gRPC face of the search service.
package server

import (
	"time"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/services/search/internal/store"
)

// Server answers searches. What it does not have is answered with UNIMPLEMENTED.
type Server struct {
	searchv1.UnimplementedSearchServiceServer
	store  *store.Store
	traces tracesv1.TracesServiceClient
	now    func() time.Time
}

// New makes a server that reads issues from a store and asks the traces service for spans.
func New(st *store.Store, traces tracesv1.TracesServiceClient, now func() time.Time) *Server {
	return &Server{store: st, traces: traces, now: now}
}

// Package server answers the RPCs of the ingest service.
package server

import (
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/deadletters"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/pipeline"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

// MaxRequestBytes lets a sensible batch of 1,000 occurrences through; each of them is bound by
// ingest.MaxMessageBytes.
const MaxRequestBytes = 16 << 20

// Server implements picket.ingest.v1.IngestService.
type Server struct {
	ingestv1.UnimplementedIngestServiceServer
	pipeline *pipeline.Pipeline
	store    *store.Store
	replayer *deadletters.Replayer
	grouping groupingv1.GroupingServiceClient
	now      func() time.Time
}

// New makes a server.
func New(p *pipeline.Pipeline, s *store.Store, r *deadletters.Replayer, g groupingv1.GroupingServiceClient, now func() time.Time) *Server {
	return &Server{pipeline: p, store: s, replayer: r, grouping: g, now: now}
}

// parseID reads an id that a request carries in any spelling.
func parseID(field, text string) (ingest.ID, error) {
	id, ok := ingest.ParseID(text)
	if !ok {
		return id, fault.InvalidField(field, "is not a UUID")
	}
	return id, nil
}

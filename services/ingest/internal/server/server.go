// Package server answers the RPCs of the ingest service.
package server

import (
	"context"
	"time"

	ingestv1 "github.com/picket-io/picket/gen/picket/ingest/v1"
	"github.com/picket-io/picket/pkg/fault"
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
	now      func() time.Time
}

// New makes a server.
func New(p *pipeline.Pipeline, s *store.Store, now func() time.Time) *Server {
	return &Server{pipeline: p, store: s, now: now}
}

func (s *Server) ReplayDeadLetters(context.Context, *ingestv1.ReplayDeadLettersRequest) (*ingestv1.ReplayDeadLettersResponse, error) {
	return nil, fault.NotBuilt("ReplayDeadLetters")
}

func (s *Server) DiscardDeadLetters(context.Context, *ingestv1.DiscardDeadLettersRequest) (*ingestv1.DiscardDeadLettersResponse, error) {
	return nil, fault.NotBuilt("DiscardDeadLetters")
}

func (s *Server) GetOutcomes(context.Context, *ingestv1.GetOutcomesRequest) (*ingestv1.GetOutcomesResponse, error) {
	return nil, fault.NotBuilt("GetOutcomes")
}

// parseID reads an id that a request carries in any spelling.
func parseID(field, text string) (ingest.ID, error) {
	id, ok := ingest.ParseID(text)
	if !ok {
		return id, fault.InvalidField(field, "is not a UUID")
	}
	return id, nil
}

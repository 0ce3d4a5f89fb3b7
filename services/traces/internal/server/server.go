// Package server answers the calls of picket.traces.v1.TracesService.
package server

import (
	"time"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/services/traces/internal/store"
)

// Server is the TracesService. What it does not do is answered by the embedded one.
type Server struct {
	tracesv1.UnimplementedTracesServiceServer
	store     *store.Store
	directory *directory.Directory
	projects  groupingv1.DirectoryServiceClient
	retention time.Duration
	now       func() time.Time
}

var _ tracesv1.TracesServiceServer = (*Server)(nil)

// New makes a server. Searches that do not say when to begin look at the whole retention time.
func New(spans *store.Store, projects groupingv1.DirectoryServiceClient, retention time.Duration, now func() time.Time) *Server {
	return &Server{store: spans, directory: directory.New(projects, now), projects: projects, retention: retention, now: now}
}

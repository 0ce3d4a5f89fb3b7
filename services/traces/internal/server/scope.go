package server

import (
	"time"

	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/traces/internal/store"
	"github.com/picket-io/picket/services/traces/internal/traces"
)

// ahead is how far from now a search reaches that does not say when to end: a span whose clock is ahead was taken in,
// and is found at once.
const ahead = 24 * time.Hour

// kept gives texts the form in which the door keeps them.
func kept(texts []string) []string {
	kept := make([]string, len(texts))
	for i, text := range texts {
		kept[i] = traces.Clean(text)
	}
	return kept
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// scopeOf reads a scope; what it leaves open is filled in as of now. Nothing is older than the retention.
func (s *Server) scopeOf(scope *tracesv1.SpanScope, now time.Time) (store.Scope, error) {
	from, to := now.Add(-s.retention), now.Add(ahead)
	if end := scope.GetEndTime(); end != nil {
		if !end.IsValid() {
			return store.Scope{}, fault.InvalidField("scope.end_time", "is not a time")
		}
		to = end.AsTime()
		from = earlier(now, to).Add(-s.retention)
	}
	if start := scope.GetStartTime(); start != nil {
		if !start.IsValid() {
			return store.Scope{}, fault.InvalidField("scope.start_time", "is not a time")
		}
		from = start.AsTime()
	}
	if !from.Before(to) {
		return store.Scope{}, fault.InvalidField("scope.start_time", "is %s, which is not before the end, %s",
			from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano))
	}
	return store.Scope{
		OrganizationID: scope.GetOrganizationId(), ProjectIDs: scope.GetProjectIds(), Environments: kept(scope.GetEnvironments()),
		From: from, To: to,
	}, nil
}

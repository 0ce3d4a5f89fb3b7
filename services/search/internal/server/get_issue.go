package server

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/shortid"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/store"
)

// GetIssue reads one issue with its latest event.
func (s *Server) GetIssue(ctx context.Context, req *searchv1.GetIssueRequest) (*searchv1.GetIssueResponse, error) {
	scope, err := s.scope(ctx, req.GetOrganizationId(), nil, nil)
	if err != nil {
		return nil, err
	}
	found, err := s.named(ctx, scope, req)
	if err != nil {
		return nil, err
	}
	issue, err := issueToProto(scope, found.Issue)
	if err != nil {
		return nil, err
	}
	return &searchv1.GetIssueResponse{Issue: issue, LatestEvent: eventToProto(found.Latest)}, nil
}

func (s *Server) named(ctx context.Context, scope search.Scope, req *searchv1.GetIssueRequest) (found *store.Found, err error) {
	var name string
	switch n := req.GetName().(type) {
	case *searchv1.GetIssueRequest_IssueId:
		name = strconv.FormatInt(n.IssueId, 10)
		found, err = s.store.IssueByID(ctx, scope, n.IssueId)
	case *searchv1.GetIssueRequest_ShortId:
		name = n.ShortId
		found, err = s.byShortID(ctx, scope, n.ShortId)
	case *searchv1.GetIssueRequest_EventId:
		name = n.EventId
		found, err = s.byEvent(ctx, scope, n.EventId)
	case *searchv1.GetIssueRequest_ShareId:
		name = "of this share"
		if id, invalid := uuid.Parse(n.ShareId); invalid == nil { // the request is checked
			found, err = s.store.IssueByShare(ctx, scope, id)
		}
	}
	if err == nil && found == nil {
		err = fault.Missing("issue", name)
	}
	return found, err
}

// byShortID finds nothing for a text that no issue could have as its short id, because it names none. A number
// alone is an id.
func (s *Server) byShortID(ctx context.Context, scope search.Scope, text string) (*store.Found, error) {
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return s.store.IssueByID(ctx, scope, id)
	}
	slug, number, ok := shortid.Parse(text)
	if !ok {
		return nil, nil
	}
	project, ok := scope.BySlug(slug)
	if !ok {
		return nil, nil
	}
	return s.store.IssueByShortID(ctx, scope, project, number)
}

func (s *Server) byEvent(ctx context.Context, scope search.Scope, text string) (*store.Found, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, fault.InvalidField("event_id", "is not a UUID; expected 32 hexadecimal digits")
	}
	return s.store.IssueByEvent(ctx, scope, id)
}

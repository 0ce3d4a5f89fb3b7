package server

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/shortid"
	"github.com/picket-io/picket/services/search/internal/search"
)

// directHits answers a query that names an event or an issue instead of saying what is looked for; nil when it does not,
// or names none.
func (s *Server) directHits(ctx context.Context, req *searchv1.SearchIssuesRequest, q search.Query) (*searchv1.SearchIssuesResponse, error) {
	text := strings.TrimSpace(req.GetQuery())
	eventID, isEvent := eventNamed(text)
	slug, number, isShort := shortid.Parse(text)
	isShort = isShort && !strings.Contains(text, ":") // issue: is a condition
	if !isEvent && !isShort {
		return nil, nil
	}
	var err error
	if q.Scope, err = s.scope(ctx, req.GetOrganizationId(), nil, req.GetEnvironments()); err != nil {
		return nil, err
	}
	q.Window = search.NewWindow(noTime, noTime, q.Now, s.retention)
	page := s.pageOf(req, q, nil)
	wanted := page.Size
	page.Size, page.WithoutWindow, page.WithoutMatching = maxPageSize, true, true
	resp := &searchv1.SearchIssuesResponse{}
	var rows []search.Row
	if isEvent {
		rows, err = s.store.EventHits(ctx, q, page, eventID)
		resp.MatchingEventId = hex.EncodeToString(eventID[:])
	} else if project, ok := q.Scope.BySlug(slug); ok {
		rows, err = s.store.ShortIDHits(ctx, q, page, project, number)
	}
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if len(rows) == 1 {
		resp.DirectHit = true
	} else {
		resp.MatchingEventId = ""
	}
	resp.TotalSize = int32(len(rows))
	resp.Issues, err = rowsToProto(q.Scope, rows[:min(wanted, len(rows))])
	return resp, err
}

// eventNamed reads a query that is nothing but the id of an event, in any spelling. In quotes it is a text.
func eventNamed(query string) (id uuid.UUID, ok bool) {
	text := strings.TrimSpace(query)
	if strings.HasPrefix(text, `"`) { // which Parse takes for a brace
		return id, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil
}

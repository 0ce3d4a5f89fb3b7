package server

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
	"github.com/picket-io/picket/services/search/internal/store"
)

const defaultEvents = 20

// eventPosition is where a page of events begins, with the window and clock of the first page.
type eventPosition struct {
	search.Position // without a row
	SeenMicros      int64
	Kind            int16
	ItemID          uuid.UUID
	Before          bool
	Named           bool // the query is the id of the events
}

// ListIssueEvents reads a page of the events of an issue that match a filter.
func (s *Server) ListIssueEvents(ctx context.Context, req *searchv1.ListIssueEventsRequest) (*searchv1.ListIssueEventsResponse, error) {
	binding, err := bind(ctx, req)
	if err != nil {
		return nil, err
	}
	at, err := s.eventPosition(req, binding)
	if err != nil {
		return nil, err
	}
	scope, err := s.scope(ctx, req.GetOrganizationId(), nil, req.GetEnvironments())
	if err != nil {
		return nil, err
	}
	tree, err := parse("query", req.GetQuery())
	if err != nil {
		return nil, err
	}
	if _, aggregates := search.Split(tree); len(aggregates) > 0 {
		return nil, fault.InvalidField("query", "column %d: %s is about all events of an issue; expected conditions on one event",
			aggregates[0].Column, aggregates[0].Name)
	}
	page := store.EventPage{IssueID: req.GetIssueId(), Size: sizeOr(req.GetPageSize(), defaultEvents, maxPageSize), OldestFirst: req.GetOldestFirst()}
	if req.GetPageToken() != "" {
		page.From = &store.EventCursor{SeenTime: time.UnixMicro(at.SeenMicros), Kind: at.Kind, ItemID: at.ItemID, Backward: at.Before}
	}
	scope.Latest = at.Latest
	q := search.Query{Scope: scope, Tree: tree, Window: at.Window().Narrow(tree, at.Now()), Now: at.Now()}
	result, err := s.issueEvents(ctx, q, page, req.GetQuery(), &at)
	if err != nil {
		return nil, err
	}
	if page.From == nil {
		at.KeepLatest(result.Latest)
	}
	return eventPage(binding, at, page.From != nil, result.Events, result.More)
}

// issueEvents reads the events whose id the query is, or if there is none those in which it is found as a text.
func (s *Server) issueEvents(ctx context.Context, q search.Query, page store.EventPage, text string, at *eventPosition) (store.EventResult, error) {
	if id, ok := eventNamed(text); ok && (page.From == nil || at.Named) {
		named := q
		named.Tree = &searchquery.Filter{Key: "id", Name: "id", Op: searchquery.Equal, Value: searchquery.String(hex.EncodeToString(id[:]))}
		result, err := s.store.IssueEvents(ctx, named, page)
		if at.Named = len(result.Events) > 0 || page.From != nil; at.Named || err != nil {
			return result, err
		}
	}
	return s.store.IssueEvents(ctx, q, page)
}

func (s *Server) eventPosition(req *searchv1.ListIssueEventsRequest, binding pagetoken.Binding) (eventPosition, error) {
	if req.GetPageToken() != "" {
		return pagetoken.Decode[eventPosition](binding, req.GetPageToken())
	}
	now := s.now()
	w, err := s.window(req, now)
	return eventPosition{Position: search.Pinned(w, now)}, err
}

// eventPage has tokens for the pages beside it. One that is empty because its events have gone leads back.
func eventPage(binding pagetoken.Binding, at eventPosition, inner bool, events []search.IndexedEvent, more bool) (resp *searchv1.ListIssueEventsResponse, err error) {
	resp = &searchv1.ListIssueEventsResponse{}
	for _, e := range events {
		resp.Events = append(resp.Events, eventToProto(&e.Event))
	}
	first, last := at, at
	if n := len(events); n > 0 {
		first, last = at.beside(events[0], true), at.beside(events[n-1], false)
	} else {
		first.Before, last.Before = true, false
	}
	if more && !at.Before || at.Before {
		if resp.NextPageToken, err = pagetoken.Encode(binding, last); err != nil {
			return nil, err
		}
	}
	if more && at.Before || inner && !at.Before {
		resp.PreviousPageToken, err = pagetoken.Encode(binding, first)
	}
	return resp, err
}

func (p eventPosition) beside(e search.IndexedEvent, before bool) eventPosition {
	p.SeenMicros, p.Kind, p.ItemID, p.Before = e.SeenTime.UnixMicro(), e.Kind, e.ItemID, before
	return p
}

func sizeOr(wanted int32, ordinary, most int) int {
	if wanted == 0 {
		return ordinary
	}
	return min(int(wanted), most)
}

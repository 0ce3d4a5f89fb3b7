package ingesttest

import (
	"context"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

// Erase deletes the issues of items that were judged: their payloads are to be erased.
func (g *Grouping) Erase(items ...*groupingv1.Item) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, item := range items {
		event, kind := item.GetOccurrence().GetEvent(), int32(1)
		if item.GetErrorEvent() != nil {
			event, kind = item.GetErrorEvent().GetEvent(), 2
		}
		g.erased = append(g.erased, &groupingv1.ErasedEvent{
			ProjectId: item.GetProjectId(), ItemId: item.GetItemId(), ItemTime: item.GetItemTime(), EventId: event.GetEventId(), Kind: kind,
		})
	}
}

// ForgetPageTokens refuses all page tokens given before.
func (g *Grouping) ForgetPageTokens() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens += "newer-"
}

// AskedForErased gives how often erased events were asked for.
func (g *Grouping) AskedForErased() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func (g *Grouping) ListErasedEvents(_ context.Context, req *groupingv1.ListErasedEventsRequest) (*groupingv1.ListErasedEventsResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	after := 0
	if token := req.GetPageToken(); token != "" {
		text, known := strings.CutPrefix(token, "after "+g.tokens)
		n, err := strconv.Atoi(text)
		if !known || err != nil {
			return nil, status.Error(codes.InvalidArgument, "page_token")
		}
		after = n
	}
	page := g.erased[after:min(len(g.erased), after+int(req.GetPageSize()))]
	if len(page) == 0 {
		return &groupingv1.ListErasedEventsResponse{}, nil
	}
	return &groupingv1.ListErasedEventsResponse{Events: page, NextPageToken: "after " + g.tokens + strconv.Itoa(after+len(page))}, nil
}

func (g *Grouping) isErased(item *groupingv1.Item) bool {
	for _, event := range g.erased {
		if event.GetItemId() == item.GetItemId() && event.GetProjectId() == item.GetProjectId() {
			return true
		}
	}
	return false
}

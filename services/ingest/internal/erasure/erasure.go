// Package erasure erases the payloads of events whose issues were deleted, as the grouping service lists them.
package erasure

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
	"github.com/picket-io/picket/services/ingest/internal/store"
)

const (
	interval    = 10 * time.Second // between requests of all replicas together, while there is nothing to erase
	pageEvents  = 500
	stepTimeout = time.Minute // of one round; the next goes on where it ended
)

// Eraser follows the list. Any number of replicas may do so.
type Eraser struct {
	grouping groupingv1.GroupingServiceClient
	store    *store.Store
	now      func() time.Time
}

// New makes an eraser.
func New(grouping groupingv1.GroupingServiceClient, s *store.Store, now func() time.Time) *Eraser {
	return &Eraser{grouping: grouping, store: s, now: now}
}

// Run follows the list until ctx ends.
func (e *Eraser) Run(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := e.Follow(ctx); err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Follow erases what has been listed since the last time, page by page. It does nothing when some replica did so a
// moment ago.
//
// A page is erased before its position is written down. If the process dies between, or another replica takes the same
// page, its rows are looked for once more and not found. An item that is erased and comes again stores its payload again,
// is judged erased, and deletes it itself before it is answered.
//
// The event of an occurrence is in its row: it goes with the occurrence that brought it, also where another one refers
// to it.
func (e *Eraser) Follow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	now := e.now()
	page, mine, err := e.store.ClaimErasures(ctx, now, now.Add(-interval))
	for mine && err == nil {
		page, mine, err = e.step(ctx, page)
	}
	return err
}

// step erases one page and gives the next. more is false at the end of the list, and where another replica goes on.
func (e *Eraser) step(ctx context.Context, page string) (next string, more bool, err error) {
	resp, err := e.grouping.ListErasedEvents(ctx, &groupingv1.ListErasedEventsRequest{PageSize: pageEvents, PageToken: page})
	if status.Code(err) == codes.InvalidArgument && page != "" {
		// A token of a version that grouping does not know any more: what was erased before is not found again.
		more, err = e.store.PassErasures(ctx, page, "", e.now())
		return "", more, err
	}
	if err != nil || len(resp.GetEvents()) == 0 {
		return "", false, err
	}
	keys := make([]store.Key, len(resp.GetEvents()))
	for i, event := range resp.GetEvents() {
		if keys[i], err = keyOf(event); err != nil {
			return "", false, err
		}
	}
	if err := e.store.DeletePayloads(ctx, keys); err != nil {
		return "", false, err
	}
	next = resp.GetNextPageToken()
	more, err = e.store.PassErasures(ctx, page, next, e.now())
	return next, more && len(keys) == pageEvents, err
}

func keyOf(event *groupingv1.ErasedEvent) (store.Key, error) {
	id, ok := ingest.ParseID(event.GetItemId())
	if !ok {
		return store.Key{}, fmt.Errorf("grouping erased an item with the id %q", event.GetItemId())
	}
	return store.Key{
		ProjectID: event.GetProjectId(), Kind: ingest.Kind(event.GetKind()), ItemID: id, ItemTime: event.GetItemTime().AsTime(),
	}, nil
}

package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
)

// ErasedEvent is an event whose payload is to be erased.
type ErasedEvent struct {
	ErasedIn  string // the transaction, which orders them
	ProjectID int64
	Kind      int16
	ItemID    uuid.UUID
	ItemTime  time.Time
	EventID   uuid.UUID
}

// Rows of transactions that are still under way, and those that began after them, wait: otherwise one with an
// earlier number could commit after a reader has passed it. The server numbers the transactions of all its databases
// together, so a long one anywhere makes readers wait, and miss nothing.
const selectErasedEvents = `
SELECT erased_in::text, project_id, kind, item_id, item_time, event_id FROM erased_events e
WHERE e.erased_in < pg_snapshot_xmin(pg_current_snapshot())
  AND (e.erased_in, e.project_id, kind, item_id, item_time) > ($1::text::xid8, $2::bigint, $3::smallint, $4::uuid, $5::timestamptz)
ORDER BY e.erased_in, -- and not the text of that name
          project_id, kind, item_id, item_time LIMIT $6`

// ErasedEvents lists events after a given one, oldest erasure first. The zero event comes before all.
func (s *Store) ErasedEvents(ctx context.Context, after ErasedEvent, limit int) ([]ErasedEvent, error) {
	if after.ErasedIn == "" {
		after.ErasedIn = "0"
	}
	return collect[ErasedEvent](ctx, s, selectErasedEvents, after.ErasedIn, after.ProjectID, after.Kind, after.ItemID, after.ItemTime, limit)
}

const forgetErasedEvents = `
DELETE FROM erased_events WHERE project_id = $1 AND (kind, item_id, item_time) IN (
    SELECT kind, item_id, item_time FROM erased_events WHERE project_id = $1 AND item_time < $2 LIMIT $3)`

// ForgetErasedEvents removes up to limit events whose payloads are gone anyway, by retention, and says how many.
func (s *Store) ForgetErasedEvents(ctx context.Context, projectID int64, before time.Time, limit int) (int64, error) {
	tag, err := s.pool.Exec(ctx, forgetErasedEvents, projectID, before, limit)
	return tag.RowsAffected(), translate(err)
}

const deleteTombstone = `DELETE FROM tombstones WHERE project_id = $1 AND id = $2`

const freeHashes = `DELETE FROM group_hashes WHERE project_id = $1 AND tombstone_id = $2`

// DeleteTombstone takes a tombstone away; a NotFound fault says that there is none.
func (s *Store) DeleteTombstone(ctx context.Context, projectID, id int64) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, deleteTombstone, projectID, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Missing("tombstone", id)
		}
		_, err = tx.Exec(ctx, freeHashes, projectID, id)
		return err
	})
	return translate(err)
}

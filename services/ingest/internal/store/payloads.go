package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// Payload is what is kept of one item.
type Payload struct {
	Key
	Received time.Time
	EventID  ingest.ID
	HasEvent bool
	Body     []byte // see Compress
}

// Key names the payload of one item.
type Key struct {
	ProjectID int64
	Kind      ingest.Kind
	ItemID    ingest.ID
	ItemTime  time.Time
}

func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.ProjectID, other.ProjectID), cmp.Compare(k.Kind, other.Kind),
		bytes.Compare(k.ItemID[:], other.ItemID[:]), k.ItemTime.Compare(other.ItemTime))
}

// An item that is stored already stays as it is: the first body wins, and a repeat costs nothing. COPY into a temporary
// table and an INSERT from there was tried: it takes a quarter longer, for two round trips more.
const putPayloads = `
INSERT INTO payloads (project_id, kind, item_id, item_time, received_at, event_id, has_event, body)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::uuid[],
                     $7::boolean[], $8::bytea[])
ON CONFLICT DO NOTHING`

// PutPayloads stores payloads durably, all or none of them, and may reorder the slice. ErrBadRow and ErrTooOld mean that one of them stands in
// the way of the others.
func (s *Store) PutPayloads(ctx context.Context, payloads []Payload) error {
	if err := s.ensurePartitions(ctx, payloads); err != nil {
		return translate(err)
	}
	err := s.putPayloads(ctx, payloads)
	if postgres.IsMissingPartition(err) { // dropped or detached since it was seen
		s.keeper.Forget()
		if err := s.ensurePartitions(ctx, payloads); err != nil {
			return translate(err)
		}
		err = s.putPayloads(ctx, payloads)
	}
	return translate(err)
}

func (s *Store) ensurePartitions(ctx context.Context, payloads []Payload) error {
	for i := range payloads {
		if err := s.keeper.Ensure(ctx, payloads[i].ItemTime); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putPayloads(ctx context.Context, payloads []Payload) error {
	// Two batches that hold the same items take them in the same order, so that neither waits for the other in a circle.
	slices.SortFunc(payloads, func(a, b Payload) int { return a.compare(b.Key) })
	columns := newKeyColumns(len(payloads))
	received := make([]time.Time, len(payloads))
	eventIDs := make([][16]byte, len(payloads))
	hasEvent := make([]bool, len(payloads))
	bodies := make([][]byte, len(payloads))
	for i, p := range payloads {
		columns.set(i, p.Key)
		received[i], eventIDs[i], hasEvent[i], bodies[i] = p.Received, p.EventID, p.HasEvent, p.Body
	}
	_, err := s.pool.Exec(ctx, putPayloads, columns.projects, columns.kinds, columns.items, columns.times,
		received, eventIDs, hasEvent, bodies)
	return err
}

// One row a statement: a join would be planned while the week's partition is empty, and read all of it from then on.
const deletePayload = `DELETE FROM payloads WHERE project_id = $1 AND kind = $2 AND item_id = $3 AND item_time = $4`

// DeletePayloads deletes payloads; those that are not stored do not matter.
func (s *Store) DeletePayloads(ctx context.Context, keys []Key) error {
	batch := &pgx.Batch{}
	for _, key := range keys {
		batch.Queue(deletePayload, key.ProjectID, key.Kind, [16]byte(key.ItemID), key.ItemTime)
	}
	return translate(s.pool.SendBatch(ctx, batch).Close())
}

type keyColumns struct {
	projects []int64
	kinds    []int16
	items    [][16]byte
	times    []time.Time
}

func newKeyColumns(n int) keyColumns {
	return keyColumns{make([]int64, n), make([]int16, n), make([][16]byte, n), make([]time.Time, n)}
}

func (c keyColumns) set(i int, key Key) {
	c.projects[i], c.kinds[i], c.items[i], c.times[i] = key.ProjectID, int16(key.Kind), key.ItemID, key.ItemTime
}

package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// Payload is what is kept of one item.
type Payload struct {
	Key
	EventID  ingest.ID
	HasEvent bool
	Body     []byte // see Body
	Likeness string // bodies that are alike have the same, or one that begins alike

	stored time.Time
}

// Key names the payload of one item.
type Key struct {
	ProjectID int64
	Kind      ingest.Kind
	ItemID    ingest.ID
	ItemTime  time.Time
}

func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.ProjectID, other.ProjectID), k.ItemTime.Compare(other.ItemTime), cmp.Compare(k.Kind, other.Kind),
		bytes.Compare(k.ItemID[:], other.ItemID[:]))
}

// An item that is stored already stays as it is: the first body wins, and a repeat costs nothing. No key holds that, because
// one of random ids takes twice the bytes of a hash index. So two transactions that store an item at the same moment both
// do: what was received first is read, a deletion deletes both with their lines, and nothing counts payloads. An item whose
// row is being deleted was judged for good, as not to be kept: it needs no row. ON CONFLICT is for partitions of versions
// before, which have a key. OFFSET 0 leaves the planner no choice but to look items up one by one, and BETWEEN leaves out
// before that the weeks that have none of them: a statement with one item would take half as long again for opening 14.
//
// COPY into a temporary table and an INSERT from there was tried: it takes a quarter longer, for two round trips more.
const putPayloads = `
INSERT INTO payloads (project_id, kind, item_id, item_time, received_at, event_id, has_event, body, block_id, line)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::uuid[],
                     $7::boolean[], $8::bytea[], $9::bigint[], $10::smallint[]) AS w (project_id, kind, item_id, item_time)
WHERE NOT EXISTS (
    SELECT FROM payloads p
    WHERE p.project_id = w.project_id AND p.kind = w.kind AND p.item_id = w.item_id AND p.item_time = w.item_time
      AND p.item_time BETWEEN $11 AND $12 OFFSET 0
)
ON CONFLICT DO NOTHING
RETURNING block_id, line`

const putBlocks = `
INSERT INTO payload_blocks (project_id, day, id, body, tail)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bytea[], $5::bytea[])`

// PutPayloads stores payloads durably, all or none of them, and takes the slice over. ErrBadRow and ErrTooOld mean that one of them stands in
// the way of the others.
func (s *Store) PutPayloads(ctx context.Context, payloads []Payload) error {
	payloads = s.distinct(payloads)
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

// distinct says when payloads are stored, the first of the batch first, and leaves the first of each item. Two batches that
// hold the same items take them in the same order, so that neither waits for the other in a circle.
func (s *Store) distinct(payloads []Payload) []Payload {
	// The receipt of an item that was tried before, or that was a dead letter, would put its event before one that is stored already.
	now := s.now()
	for i := range payloads {
		payloads[i].stored = now.Add(time.Duration(i) * time.Microsecond)
	}
	slices.SortStableFunc(payloads, func(a, b Payload) int { return a.compare(b.Key) })
	return slices.CompactFunc(payloads, func(a, b Payload) bool { return a.compare(b.Key) == 0 })
}

// putPayloads writes rows first, and then, in the same transaction, blocks of what was not stored before: no second copy of
// a body is left that its erasure would not find.
func (s *Store) putPayloads(ctx context.Context, payloads []Payload) error {
	blocks, places := blocksOf(payloads)
	if len(blocks) == 0 {
		rows := &pgx.Batch{}
		rows.Queue(keepLookups)
		rows.Queue(putPayloads, rowsOf(payloads, places)...)
		return s.pool.SendBatch(ctx, rows).Close()
	}
	return postgres.InPipeline(ctx, s.pool, func(conn *pgxpool.Conn) error {
		stored := map[int64][]int16{} // lines by block
		rows := &pgx.Batch{}
		rows.Queue(postgres.Begin)
		rows.Queue(keepLookups)
		rows.Queue(putPayloads, rowsOf(payloads, places)...).Query(func(rows pgx.Rows) error { return collectLines(rows, stored) })
		if err := conn.SendBatch(ctx, rows).Close(); err != nil {
			return err
		}
		rest := &pgx.Batch{}
		queueBlocks(rest, blocks, stored)
		rest.Queue(postgres.Commit)
		return conn.SendBatch(ctx, rest).Close()
	})
}

// rowsOf gives the arguments of putPayloads.
func rowsOf(payloads []Payload, places []*place) []any {
	columns := newKeyColumns(len(payloads))
	received := make([]time.Time, len(payloads))
	eventIDs := make([][16]byte, len(payloads))
	hasEvent := make([]bool, len(payloads))
	bodies := make([][]byte, len(payloads))
	blocks, lines := make([]*int64, len(payloads)), make([]*int16, len(payloads))
	for i, p := range payloads {
		columns.set(i, p.Key)
		received[i], eventIDs[i], hasEvent[i] = p.stored, p.EventID, p.HasEvent
		if place := places[i]; place != nil {
			line := int16(place.line)
			blocks[i], lines[i], bodies[i] = &place.block.id, &line, []byte{}
		} else {
			bodies[i] = Compress(p.Body)
		}
	}
	return []any{
		columns.projects, columns.kinds, columns.items, columns.times, received, eventIDs, hasEvent, bodies, blocks, lines,
		slices.MinFunc(columns.times, time.Time.Compare), slices.MaxFunc(columns.times, time.Time.Compare),
	}
}

func collectLines(rows pgx.Rows, stored map[int64][]int16) error {
	var id *int64
	var line *int16
	_, err := pgx.ForEachRow(rows, []any{&id, &line}, func() error {
		if id != nil {
			stored[*id] = append(stored[*id], *line)
		}
		return nil
	})
	return err
}

func queueBlocks(batch *pgx.Batch, blocks []*block, stored map[int64][]int16) {
	var projects, ids []int64
	var days []time.Time
	var bodies, tails [][]byte
	for _, b := range blocks {
		if len(stored[b.id]) == 0 {
			continue
		}
		lines := make([][]byte, len(b.lines))
		for _, line := range stored[b.id] {
			lines[line] = b.lines[line]
		}
		body, tail := cut(Compress(join(lines)))
		projects, days, ids, bodies, tails = append(projects, b.projectID), append(days, b.day), append(ids, b.id), append(bodies, body), append(tails, tail)
	}
	if len(ids) > 0 {
		batch.Queue(putBlocks, projects, days, ids, bodies, tails)
	}
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

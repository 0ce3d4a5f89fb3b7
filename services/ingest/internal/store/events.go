package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/ingest/internal/ingest"
)

// EventKey names an event.
type EventKey struct {
	ProjectID int64
	EventID   ingest.ID
}

// StoredEvent is an event as it was first stored.
type StoredEvent struct {
	EventKey
	ItemTime time.Time
	Received time.Time
	Body     []byte // JSON
}

const isBlock = `b.project_id = p.project_id AND b.day = date_trunc('day', p.item_time, 'UTC') AND b.id = p.block_id`

// Several occurrences may have come with the same event, and an item may have been stored twice: the body that came first is
// the event. Of events that lie in one block, one brings it. The project is compared so that no index can be used for it:
// before the first statistics, PostgreSQL would read the whole project in the key that partitions of versions before have, to
// hold it against what it finds by event.
const getEvents = `
SELECT p.project_id, p.event_id, p.item_time, p.received_at, p.block_id, coalesce(p.line, 0), coalesce(b.body, p.body)
FROM (
    SELECT p.*, row_number() OVER (PARTITION BY p.project_id, date_trunc('day', p.item_time, 'UTC'), p.block_id) AS of_block
    FROM unnest($1::bigint[], $2::uuid[]) AS wanted (project_id, event_id)
    CROSS JOIN LATERAL (
        SELECT * FROM payloads p
        WHERE p.project_id + 0 = wanted.project_id AND p.event_id = wanted.event_id AND p.has_event
        ORDER BY p.received_at, p.item_id, p.item_time, p.ctid LIMIT 1
    ) p
) p
LEFT JOIN LATERAL (SELECT body || tail AS body FROM payload_blocks b WHERE p.of_block = 1 AND ` + isBlock + ` OFFSET 0) b ON true`

// Events gives the events that are stored, of those named.
func (s *Store) Events(ctx context.Context, keys []EventKey) (map[EventKey]StoredEvent, error) {
	projects := make([]int64, len(keys))
	ids := make([][16]byte, len(keys))
	for i, key := range keys {
		projects[i], ids[i] = key.ProjectID, key.EventID
	}
	var events []placedEvent
	batch := &pgx.Batch{}
	batch.Queue(keepLookups)
	batch.Queue(getEvents, projects, ids).Query(func(rows pgx.Rows) (err error) {
		events, err = pgx.CollectRows(rows, scanEvent)
		return err
	})
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, translate(err)
	}
	return readEvents(events)
}

// placedEvent is an event whose body is still what holds it: nothing when another one of its block has that.
type placedEvent struct {
	StoredEvent
	block *int64
	line  int16
}

func (e placedEvent) blockKey() blockKey { return blockKey{e.ProjectID, dayOf(e.ItemTime), *e.block} }

func scanEvent(row pgx.CollectableRow) (placedEvent, error) {
	var e placedEvent
	err := row.Scan(&e.ProjectID, (*[16]byte)(&e.EventID), &e.ItemTime, &e.Received, &e.block, &e.line, &e.Body)
	return e, err
}

func readEvents(events []placedEvent) (map[EventKey]StoredEvent, error) {
	blocks := map[blockKey][][]byte{}
	for _, event := range events {
		if event.block == nil || len(event.Body) == 0 {
			continue
		}
		lines, err := readLines(event.Body)
		if err != nil {
			return nil, err
		}
		blocks[event.blockKey()] = lines
	}
	found := make(map[EventKey]StoredEvent, len(events))
	for _, event := range events {
		var lines [][]byte
		var err error
		if event.block != nil {
			lines = blocks[event.blockKey()]
		} else if lines, err = readLines(event.Body); err != nil {
			return nil, err
		}
		body, err := readBody(lines, event.line)
		if err != nil {
			return nil, err
		}
		if event.Body, err = body.event(event.EventID); err != nil {
			return nil, err
		}
		found[event.EventKey] = event.StoredEvent
	}
	return found, nil
}

// The same id with another time is another occurrence: the latest is answered, as it was first stored.
const getOccurrence = `
SELECT p.event_id, p.item_time, coalesce(b.body, p.body), coalesce(p.line, 0) FROM (
    SELECT * FROM payloads WHERE project_id = $1 AND kind = $2 AND item_id = $3
    ORDER BY item_time DESC, received_at, ctid LIMIT 1
) p
LEFT JOIN LATERAL (SELECT body || tail AS body FROM payload_blocks b WHERE ` + isBlock + ` OFFSET 0) b ON true`

// Occurrence gives a stored occurrence; a NotFound fault when there is none.
func (s *Store) Occurrence(ctx context.Context, projectID int64, id ingest.ID) (ingest.Occurrence, error) {
	var compressed []byte
	var line int16
	occurrence := ingest.Occurrence{ID: id, ProjectID: projectID}
	batch := &pgx.Batch{}
	batch.Queue(keepLookups)
	batch.Queue(getOccurrence, projectID, ingest.KindOccurrence, [16]byte(id)).QueryRow(func(row pgx.Row) error {
		return row.Scan((*[16]byte)(&occurrence.EventID), &occurrence.DetectionTime, &compressed, &line)
	})
	err := s.pool.SendBatch(ctx, batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return occurrence, fault.Missing("occurrence", id)
	}
	if err != nil {
		return occurrence, translate(err)
	}
	occurrence.DetectionTime = occurrence.DetectionTime.UTC()
	lines, err := readLines(compressed)
	if err != nil {
		return occurrence, err
	}
	body, err := readBody(lines, line)
	if err != nil {
		return occurrence, err
	}
	decoder := json.NewDecoder(bytes.NewReader(body.Occurrence))
	decoder.UseNumber() // evidence may have some that no double holds
	return occurrence, decoder.Decode(&occurrence)
}

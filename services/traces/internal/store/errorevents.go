package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// When ingest is away for long, the rows of a project grow to a bound. It is asked for by every writer for itself, so that
// several may pass it a little. What finds no room is counted.
const insertErrorEvents = `
WITH new AS (
	SELECT project_id, event_id, body, row_number() OVER (PARTITION BY project_id ORDER BY event_id) AS place
	FROM unnest($1::bigint[], $2::uuid[], $3::bytea[]) AS new (project_id, event_id, body)
	WHERE NOT EXISTS (SELECT FROM error_events AS e WHERE e.project_id = new.project_id AND e.event_id = new.event_id)),
room AS (
	SELECT project_id, $5::bigint - (SELECT count(*) FROM (SELECT FROM error_events AS e WHERE e.project_id = new.project_id LIMIT $5) AS waiting) AS rows
	FROM new GROUP BY project_id),
inserted AS (
	INSERT INTO error_events (project_id, event_id, created_at, next_try, body)
	SELECT project_id, event_id, $4, $4, body FROM new JOIN room USING (project_id) WHERE place <= rows ORDER BY project_id, event_id
	ON CONFLICT DO NOTHING)
SELECT count(*) FROM new JOIN room USING (project_id) WHERE place > rows`

// errorEvents are rows of error_events, sorted by key, so that writers of the same ones do not deadlock.
type errorEvents struct {
	projects []int64
	ids      [][16]byte
	bodies   [][]byte
}

func errorEventsOf(spans []traces.Span, indexes []int) errorEvents {
	type row struct {
		projectID int64
		traces.ErrorEvent
	}
	var rows []row
	for _, i := range indexes {
		for _, e := range spans[i].Errors {
			rows = append(rows, row{spans[i].ProjectID, e})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.projectID, b.projectID), bytes.Compare(a.ID[:], b.ID[:]))
	})
	var all errorEvents
	for _, r := range rows {
		all.projects, all.ids, all.bodies = append(all.projects, r.projectID), append(all.ids, r.ID), append(all.bodies, r.Body)
	}
	return all
}

// queue adds the statement that writes them, which tells how many found no room.
func (e errorEvents) queue(batch *pgx.Batch, now time.Time, bound int, dropped *int) {
	if len(e.ids) > 0 {
		batch.Queue(insertErrorEvents, e.projects, e.ids, e.bodies, now, bound).QueryRow(func(row pgx.Row) error { return row.Scan(dropped) })
	}
}

const countErrorEvents = `
SELECT (SELECT count(*) FROM (SELECT FROM error_events LIMIT $1) AS waiting), (SELECT min(created_at) FROM error_events)`

// WaitingErrorEvents gives how many error events wait to be sent, as far as it counts, and since when the oldest does.
func (s *Store) WaitingErrorEvents(ctx context.Context, atMost int) (count int64, oldest time.Time, err error) {
	var at *time.Time
	err = s.pool.QueryRow(ctx, countErrorEvents, atMost).Scan(&count, &at)
	if at != nil {
		oldest = *at
	}
	return count, oldest, translate("count error events", err)
}

// DueErrorEvent is an error event that is to be sent.
type DueErrorEvent struct {
	ProjectID int64
	ID        [16]byte
	Tries     int // before this one
	Body      []byte
}

// The oldest are enough: the others come to be the oldest.
const dueProjects = `
SELECT DISTINCT project_id FROM (SELECT project_id FROM error_events WHERE next_try <= $1 ORDER BY next_try LIMIT $2) AS oldest`

// ProjectsWithErrorEvents names the projects of the error events that have been due longest.
func (s *Store) ProjectsWithErrorEvents(ctx context.Context, now time.Time, most int) ([]int64, error) {
	rows, err := s.pool.Query(ctx, dueProjects, now, most)
	if err != nil {
		return nil, translate("projects with error events", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate("projects with error events", err)
}

const takeErrorEvents = `
UPDATE error_events SET next_try = $3, tries = tries + 1
WHERE project_id = $1 AND event_id IN (
	SELECT event_id FROM error_events WHERE project_id = $1 AND next_try <= $2
	ORDER BY next_try LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING project_id, event_id, tries - 1, body`

// TakeErrorEvents gives error events of a project that are due. They are due for others when the lease has run out: if the
// process dies they are sent again then.
func (s *Store) TakeErrorEvents(ctx context.Context, projectID int64, now time.Time, lease time.Duration, most int) ([]DueErrorEvent, error) {
	rows, err := s.pool.Query(ctx, takeErrorEvents, projectID, now, now.Add(lease), most)
	if err != nil {
		return nil, translate("take error events", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DueErrorEvent])
	return due, translate("take error events", err)
}

const (
	deleteErrorEvents = `DELETE FROM error_events WHERE project_id = $1 AND event_id = ANY ($2::uuid[])`
	retryErrorEvents  = `UPDATE error_events SET next_try = later.next_try
FROM unnest($2::uuid[], $3::timestamptz[]) AS later (event_id, next_try)
WHERE error_events.project_id = $1 AND error_events.event_id = later.event_id`
)

// SettleErrorEvents removes error events that were answered, and puts off others of the same project.
func (s *Store) SettleErrorEvents(ctx context.Context, projectID int64, answered [][16]byte, later map[[16]byte]time.Time) error {
	batch := &pgx.Batch{}
	if len(answered) > 0 {
		batch.Queue(deleteErrorEvents, projectID, answered)
	}
	if len(later) > 0 {
		ids, times := make([][16]byte, 0, len(later)), make([]time.Time, 0, len(later))
		for id, at := range later {
			ids, times = append(ids, id), append(times, at)
		}
		batch.Queue(retryErrorEvents, projectID, ids, times)
	}
	return translate("settle error events", s.pool.SendBatch(ctx, batch).Close())
}

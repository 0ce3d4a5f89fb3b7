package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Move names a merge, or the undoing of one, that has rows to move.
type Move struct{ ProjectID, ID int64 }

const selectMoves = `
SELECT project_id, id FROM moves WHERE step < 5 AND ($1 = 0 OR project_id = $1) ORDER BY project_id, id LIMIT $2`

// Moves lists moves that have not ended, of one project or, with 0, of all. Those of a project follow each other.
func (s *Store) Moves(ctx context.Context, projectID int64, limit int) ([]Move, error) {
	return collect[Move](ctx, s, selectMoves, projectID, limit)
}

type move struct {
	Move
	kind        int16
	source      int64
	destination int64
	phase       int16
	position    movePosition
}

// movePosition is the row behind which a phase goes on.
type movePosition struct {
	SeenTime time.Time `json:"seen_time,omitzero"`
	Kind     int16     `json:"kind,omitempty"`
	ItemID   uuid.UUID `json:"item_id,omitzero"`
	ItemTime time.Time `json:"item_time,omitzero"`
	Day      string    `json:"day,omitempty"`
	Place    string    `json:"place,omitempty"`
	UserID   string    `json:"user_id,omitempty"`
}

const selectMove = `SELECT kind, source_id, destination_id, step, position FROM moves WHERE project_id = $1 AND id = $2`

func readMove(ctx context.Context, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, m Move, suffix string,
) (*move, error) {
	found := move{Move: m}
	var position []byte
	err := db.QueryRow(ctx, selectMove+suffix, m.ProjectID, m.ID).
		Scan(&found.kind, &found.source, &found.destination, &found.phase, &position)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found, json.Unmarshal(position, &found.position)
}

// MoveStep moves up to limit rows and says whether the move has ended. Every step is a transaction that also notes how
// far it came, so that a process that dies leaves what another one goes on with. Steps that change what is counted lock
// the groups, in the order of everybody else; events are moved beside those who judge.
func (s *Store) MoveStep(ctx context.Context, m Move, limit int) (done bool, err error) {
	seen, err := readMove(ctx, s.pool, m, "")
	if err != nil || seen == nil || seen.phase == phaseDone {
		return true, translate(err)
	}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var groups map[int64]*grouping.Group
		if seen.phase != phaseEvents {
			if groups, err = lockAndRead(ctx, tx, m.ProjectID, []int64{seen.source, seen.destination}); err != nil {
				return err
			}
		}
		now, err := readMove(ctx, tx, m, " FOR UPDATE")
		if err != nil || now == nil || now.phase != seen.phase { // somebody else was here meanwhile
			return err
		}
		more, err := step(ctx, tx, now, groups, limit)
		if err != nil {
			return err
		}
		if !more {
			now.phase, now.position = now.phase+1, movePosition{}
		}
		done = now.phase == phaseDone
		if err := noteMove(ctx, tx, now); err != nil || !done {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(countEnvironments, m.ProjectID, now.source)
		batch.Queue(countEnvironments, m.ProjectID, now.destination)
		return tx.SendBatch(ctx, batch).Close()
	})
	return done, classify(err)
}

func step(ctx context.Context, tx pgx.Tx, m *move, groups map[int64]*grouping.Group, limit int) (more bool, err error) {
	switch m.phase {
	case phaseSubscribers:
		return stepSubscribers(ctx, tx, m, limit)
	case phaseHashes:
		return stepHashes(ctx, tx, m, groups, limit)
	case phaseEvents:
		return stepEvents(ctx, tx, m, limit)
	case phaseDays:
		tag, err := tx.Exec(ctx, moveDays, m.ProjectID, m.source, m.destination, m.ID, limit)
		return tag.RowsAffected() == int64(limit), err
	default:
		return stepUsers(ctx, tx, m, limit)
	}
}

const updateMove = `UPDATE moves SET step = $3, position = $4 WHERE project_id = $1 AND id = $2`

// noteMove keeps a merge that has ended, and forgets an unmerge.
func noteMove(ctx context.Context, tx pgx.Tx, m *move) error {
	if m.phase == phaseDone && m.kind == moveUnmerge {
		batch := &pgx.Batch{}
		batch.Queue(forgetUndone, m.ProjectID, m.ID)
		batch.Queue(forgetMove, m.ProjectID, m.ID)
		return tx.SendBatch(ctx, batch).Close()
	}
	position, err := json.Marshal(m.position)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, updateMove, m.ProjectID, m.ID, m.phase, position)
	return err
}

// Whoever has a subscription of their own, or ended it, keeps that.
const bringSubscribers = `
WITH page AS (
    SELECT user_id, is_active, reason, created_at FROM subscriptions
    WHERE project_id = $1 AND group_id = $2 AND user_id > $5 ORDER BY user_id LIMIT $6
), brought AS (
    INSERT INTO subscriptions (project_id, group_id, user_id, is_active, reason, created_at, brought_by)
    SELECT $1, $3, user_id, is_active, reason, created_at, $4 FROM page
    ON CONFLICT DO NOTHING
)
SELECT count(*) OVER (), user_id FROM page ORDER BY user_id DESC LIMIT 1`

func stepSubscribers(ctx context.Context, tx pgx.Tx, m *move, limit int) (more bool, err error) {
	var n int
	err = tx.QueryRow(ctx, bringSubscribers, m.ProjectID, m.source, m.destination, m.ID, m.position.UserID, limit).Scan(&n, &m.position.UserID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return n == limit, err
}

const takeHashes = `
WITH taken AS (SELECT hash FROM group_hashes WHERE project_id = $1 AND group_id = $2 ORDER BY hash LIMIT $4),
noted AS (INSERT INTO moved_hashes (project_id, move_id, hash) SELECT $1, $3, hash FROM taken)
SELECT hash FROM taken`

func stepHashes(ctx context.Context, tx pgx.Tx, m *move, groups map[int64]*grouping.Group, limit int) (more bool, err error) {
	rows, err := tx.Query(ctx, takeHashes, m.ProjectID, m.source, m.ID, limit)
	if err != nil {
		return false, err
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil || len(taken) == 0 {
		return false, err
	}
	hashes := make([]grouping.Hash, len(taken))
	for i, hash := range taken {
		hashes[i] = grouping.Hash(hash)
	}
	return len(taken) == limit, moveHashes(ctx, tx, m.ProjectID, groups[m.source], groups[m.destination], hashes)
}

const (
	pointHashes = `UPDATE group_hashes SET group_id = $3 WHERE project_id = $1 AND hash = ANY ($2)`

	moveEnvironments = `
WITH gone AS (
    DELETE FROM group_environments WHERE project_id = $1 AND group_id = $3 AND hash = ANY ($2)
    RETURNING environment, hash, first_seen, first_release
)
INSERT INTO group_environments AS e (project_id, group_id, environment, hash, first_seen, first_release)
SELECT $1, $4, environment, hash, first_seen, first_release FROM gone
ON CONFLICT (project_id, group_id, environment, hash)
DO UPDATE SET first_seen = excluded.first_seen, first_release = excluded.first_release WHERE excluded.first_seen < e.first_seen`

	// An archived group waits for as many more events as before.
	shiftSnooze = `UPDATE snoozes SET times_seen = times_seen + $3, users_seen = users_seen + $4 WHERE project_id = $1 AND group_id = $2`

	clearSoleText = `
UPDATE hash_counters c SET text = NULL FROM group_hashes h
WHERE h.project_id = $1 AND h.group_id = $2 AND c.project_id = h.project_id AND c.hash = h.hash`
)

// moveHashes points hashes to another group and counts both groups anew. Both are locked.
func moveHashes(ctx context.Context, tx pgx.Tx, projectID int64, source, destination *grouping.Group, hashes []grouping.Hash) error {
	for _, group := range []*grouping.Group{source, destination} {
		if err := part(ctx, tx, projectID, group); err != nil {
			return err
		}
	}
	raw := hashBytes(hashes)
	batch := &pgx.Batch{}
	batch.Queue(pointHashes, projectID, raw, destination.ID)
	batch.Queue(moveEnvironments, projectID, raw, source.ID, destination.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	effects := grouping.Effects{Changed: map[int64]*grouping.Group{}, Counted: map[int64]*grouping.Group{}}
	batch = &pgx.Batch{}
	for _, group := range []*grouping.Group{source, destination} {
		before := group.Counters.TimesSeen
		sums, err := sumHashes(ctx, tx, projectID, group.ID, nil)
		if err != nil {
			return err
		}
		group.Recount(sums)
		effects.Changed[group.ID], effects.Counted[group.ID] = group, group
		batch.Queue(shiftSnooze, projectID, group.ID, group.Counters.TimesSeen-before, 0)
		if sums.Hashes == 1 {
			batch.Queue(clearSoleText, projectID, group.ID)
		}
	}
	if err := queueGroups(batch, projectID, effects); err != nil {
		return err
	}
	return tx.SendBatch(ctx, batch).Close()
}

// part gives the one hash that a group has a text of its own.
func part(ctx context.Context, tx pgx.Tx, projectID int64, group *grouping.Group) error {
	if group.Counters.Hashes != 1 {
		return nil
	}
	text := group.SoleText()
	stored, err := formatHashText(&text)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, setSoleText, projectID, group.ID, stored)
	return err
}

const ofGroup = `
FROM group_hashes h JOIN hash_counters c ON c.project_id = h.project_id AND c.hash = h.hash
WHERE h.project_id = $1 AND h.group_id = $2 AND ($3::bytea[] IS NULL OR h.hash = ANY ($3))`

const (
	selectHashSums = `SELECT count(*), coalesce(sum(c.times_seen), 0)::bigint, coalesce(min(c.first_seen), '-infinity'::timestamptz) ` + ofGroup
	selectLatest   = `SELECT c.last_seen, c.last_item_id, c.text ` + ofGroup + ` ORDER BY c.last_seen DESC, c.last_item_id DESC LIMIT 1`
	selectTitle    = `SELECT c.text->>'title' ` + ofGroup + ` AND c.text->>'title' <> ALL ($4)
ORDER BY c.last_seen DESC, c.last_item_id DESC LIMIT 1`
)

// sumHashes adds up hashes of a group; all where none are named.
func sumHashes(ctx context.Context, tx pgx.Tx, projectID, groupID int64, hashes []grouping.Hash) (sums grouping.HashSums, err error) {
	var only any
	if hashes != nil {
		only = hashBytes(hashes)
	}
	err = tx.QueryRow(ctx, selectHashSums+` HAVING count(*) > 0`, projectID, groupID, only).Scan(&sums.Hashes, &sums.TimesSeen, &sums.FirstSeen)
	if errors.Is(err, pgx.ErrNoRows) {
		return sums, nil
	}
	if err != nil {
		return sums, err
	}
	var stored []byte
	if err := tx.QueryRow(ctx, selectLatest, projectID, groupID, only).Scan(&sums.LastSeen, &sums.LastItemID, &stored); err != nil {
		return sums, err
	}
	text, err := parseHashText(stored)
	if err != nil {
		return sums, err
	}
	if text != nil {
		sums.Text = *text
	}
	sums.RealTitle, err = firstText(ctx, tx, selectTitle, projectID, groupID, only, grouping.Placeholders())
	return sums, err
}

// firstText is the one text that a statement finds, empty for none.
func firstText(ctx context.Context, tx pgx.Tx, statement string, args ...any) (text string, err error) {
	err = tx.QueryRow(ctx, statement, args...).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return text, err
}

const isMoved = `EXISTS (SELECT FROM moved_hashes m WHERE m.project_id = $1 AND m.move_id = $4 AND m.hash = `

// sayAll makes an event say itself what the first event of its issue g said, because it leaves that.
const sayAll = `hash = coalesce(e.hash, g.first_hash), culprit = coalesce(e.culprit, g.first_culprit),
        transaction = coalesce(e.transaction, g.first_transaction), platform = coalesce(e.platform, g.first_platform),
        dist = coalesce(e.dist, g.first_dist), sdk_name = coalesce(e.sdk_name, g.first_sdk_name),
        sdk_version = coalesce(e.sdk_version, g.first_sdk_version)`

// As eraseEvents finds the events of a page.
const moveEvents = `
WITH page AS MATERIALIZED (
    SELECT seen_time, kind, item_id, ` + itemTime + ` AS item_time, hash FROM event_index
    WHERE project_id = $1 AND group_id = $2 AND (seen_time, kind, item_id, ` + itemTime + `) > ($5, $6::smallint, $7, $8)
    ORDER BY seen_time, kind, item_id, ` + itemTime + ` LIMIT $9
), first AS MATERIALIZED (
    SELECT * FROM groups WHERE project_id = $1 AND id = $2
), moved AS (
    UPDATE event_index e SET group_id = $3, ` + sayAll + `
    FROM first g
    WHERE e.project_id = $1 AND e.group_id = $2 AND e.seen_time BETWEEN $5 AND (SELECT max(seen_time) FROM page)
      AND ((kind, item_id, ` + itemTime + `) IN (
          SELECT kind, item_id, item_time FROM page p WHERE ` + isMoved + `coalesce(p.hash, (SELECT first_hash FROM first))))) IS TRUE
)
SELECT count(*) OVER (), seen_time, kind, item_id, item_time FROM page
ORDER BY seen_time DESC, kind DESC, item_id DESC, item_time DESC LIMIT 1`

// stepEvents walks the events of the source and moves those with the hashes. None comes behind its position: what has
// such a hash is counted in the destination by now.
func stepEvents(ctx context.Context, tx pgx.Tx, m *move, limit int) (more bool, err error) {
	var n int
	p := &m.position
	err = tx.QueryRow(ctx, moveEvents, m.ProjectID, m.source, m.destination, m.ID, p.SeenTime, p.Kind, p.ItemID, p.ItemTime, limit).
		Scan(&n, &p.SeenTime, &p.Kind, &p.ItemID, &p.ItemTime)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return n == limit, err
}

const moveDays = `
WITH gone AS (
    DELETE FROM group_days WHERE project_id = $1 AND group_id = $2 AND (environment, day, hash) IN (
        SELECT environment, day, hash FROM group_days d WHERE d.project_id = $1 AND d.group_id = $2 AND ` + isMoved + `d.hash) LIMIT $5)
    RETURNING environment, day, hash, events, hours
)
INSERT INTO group_days AS d (project_id, group_id, environment, day, hash, events, hours)
SELECT $1, $3, environment, day, hash, events, hours FROM gone
ON CONFLICT (project_id, group_id, environment, day, hash)
DO UPDATE SET events = d.events + excluded.events, hours = add_hours(d.hours, excluded.hours)`

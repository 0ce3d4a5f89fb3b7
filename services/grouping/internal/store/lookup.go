package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Rows are looked up by key one by one: LATERAL with OFFSET 0 leaves the planner no choice but an index. Its plans are kept
// for all arguments: planning took as long as looking up, and left alone the database plans each time, because it expects ten
// elements of an array that it does not know, and finds those of one cheaper. A plan that is made while a table or a
// week's partition has a page or none must not read the whole table for as long as it is kept, hence enable_seqscan.
const (
	beginLookups = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)`
	endLookups   = `SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'on', true)`
)

const selectHashes = `
SELECT h.hash, coalesce(h.group_id, -1) FROM unnest($2::bytea[]) AS w (hash)
CROSS JOIN LATERAL (SELECT * FROM group_hashes h WHERE h.project_id = $1 AND h.hash = w.hash OFFSET 0) h`

const selectHashesAndTypes = `
SELECT h.hash, coalesce(h.group_id, -1), coalesce(g.type, 0) FROM unnest($2::bytea[]) AS w (hash)
CROSS JOIN LATERAL (SELECT * FROM group_hashes h WHERE h.project_id = $1 AND h.hash = w.hash OFFSET 0) h
LEFT JOIN LATERAL (SELECT type FROM groups g WHERE g.project_id = $1 AND g.id = h.group_id OFFSET 0) g ON true`

// An item of an issue that was deleted since is answered as erased: its payload goes again if it came again. The event
// itself may have been in another issue than the one that it was judged to belong to, by a merge or its undoing.
const selectJudgedItems = `
SELECT j.kind, j.item_id, j.item_time,
       CASE WHEN j.group_id IS NULL OR g.id IS NOT NULL THEN j.outcome ELSE 9 END, coalesce(g.id, 0), coalesce(g.short_id, 0),
       coalesce(j.is_new AND g.id IS NOT NULL, false), coalesce(j.is_regression AND g.id IS NOT NULL, false)
FROM unnest($2::smallint[], $3::uuid[], $4::timestamptz[]) AS k (kind, item_id, item_time)
CROSS JOIN LATERAL (
    SELECT * FROM judged_items j
    WHERE j.project_id = $1 AND j.kind = k.kind AND j.item_id = k.item_id AND j.item_time = k.item_time OFFSET 0
) j
LEFT JOIN LATERAL (
    SELECT * FROM groups g WHERE g.project_id = $1 AND g.id = j.group_id AND g.status NOT IN (3, 4) AND NOT EXISTS (
        SELECT FROM erased_events x
        WHERE x.project_id = $1 AND x.kind = k.kind AND x.item_id = k.item_id AND x.item_time = k.item_time) OFFSET 0
) g ON true`

// A group that is merged has no status of its own any more, also while its hashes have not moved.
const selectMergedOfHashes = `
SELECT m.source_id, m.leads_to FROM group_hashes h JOIN moves m ON m.project_id = h.project_id AND m.source_id = h.group_id
WHERE h.project_id = $1 AND h.hash = ANY ($2) AND m.kind = 1`

const selectJudgedStatusChanges = `
SELECT j.item_id, j.outcome, coalesce(j.group_id, 0), coalesce(g.short_id, 0), j.changed
FROM unnest($2::uuid[]) AS k (item_id)
CROSS JOIN LATERAL (SELECT * FROM judged_status_changes j WHERE j.project_id = $1 AND j.item_id = k.item_id OFFSET 0) j
LEFT JOIN LATERAL (SELECT * FROM groups g WHERE g.project_id = $1 AND g.id = j.group_id OFFSET 0) g ON true`

// Known reads what the database knows of items: the groups of their hashes, and which of them were judged before.
// It locks nothing; Apply looks again.
func (s *Store) Known(ctx context.Context, projectID int64, items []grouping.Item) (grouping.Known, error) {
	batch := &pgx.Batch{} // a transaction by itself
	known := queueKnown(batch, projectID, items)
	return known, translate(s.pool.SendBatch(ctx, batch).Close())
}

// ProjectAndKnown reads a project too, in the same round trip. ok is false when there is none.
func (s *Store) ProjectAndKnown(ctx context.Context, projectID int64, items []grouping.Item) (project Project, known grouping.Known, ok bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(selectProjectForJudging, projectID).QueryRow(func(row pgx.Row) (err error) {
		project, ok, err = scanProject(row)
		return err
	})
	if len(items) > 0 {
		known = queueKnown(batch, projectID, items)
	}
	err = translate(s.pool.SendBatch(ctx, batch).Close())
	return project, known, ok, err
}

func queueKnown(batch *pgx.Batch, projectID int64, items []grouping.Item) grouping.Known {
	known := grouping.Known{
		Groups: map[grouping.Hash]int64{}, Types: map[int64]int32{}, Judged: map[grouping.ItemKey]grouping.Judgement{},
		Merged: map[int64]int64{},
	}
	batch.Queue(beginLookups)
	batch.Queue(selectHashesAndTypes, projectID, hashBytes(hashesOf(items))).Query(func(rows pgx.Rows) error {
		return collectHashesAndTypes(rows, known)
	})
	kinds, ids, times, changes := keysOf(items)
	if len(ids) > 0 {
		batch.Queue(selectJudgedItems, projectID, kinds, ids, times).Query(func(rows pgx.Rows) error {
			return collectJudgedItems(rows, known.Judged)
		})
	}
	if len(changes) > 0 {
		batch.Queue(selectJudgedStatusChanges, projectID, changes).Query(func(rows pgx.Rows) error {
			return collectJudgedStatusChanges(rows, known.Judged)
		})
		batch.Queue(endLookups)
		batch.Queue(selectMergedOfHashes, projectID, hashBytes(hashesOfChanges(items))).Query(func(rows pgx.Rows) error {
			var id, leadsTo int64
			_, err := pgx.ForEachRow(rows, []any{&id, &leadsTo}, func() error { known.Merged[id] = leadsTo; return nil })
			return err
		})
	}
	return known
}

func collectHashes(rows pgx.Rows) (map[grouping.Hash]int64, error) {
	groups := map[grouping.Hash]int64{}
	var hash []byte
	var groupID int64
	_, err := pgx.ForEachRow(rows, []any{&hash, &groupID}, func() error {
		groups[grouping.Hash(hash)] = groupID
		return nil
	})
	return groups, err
}

func collectHashesAndTypes(rows pgx.Rows, known grouping.Known) error {
	var hash []byte
	var groupID int64
	var typeID int32
	_, err := pgx.ForEachRow(rows, []any{&hash, &groupID, &typeID}, func() error {
		known.Groups[grouping.Hash(hash)] = groupID
		known.Types[groupID] = typeID
		return nil
	})
	return err
}

func collectJudgedItems(rows pgx.Rows, judged map[grouping.ItemKey]grouping.Judgement) error {
	var key grouping.ItemKey
	var id pgtype.UUID
	var at pgtype.Timestamptz
	var j grouping.Judgement
	fields := []any{&key.Kind, &id, &at, &j.Outcome, &j.GroupID, &j.ShortID, &j.IsNew, &j.IsRegression}
	_, err := pgx.ForEachRow(rows, fields, func() error {
		key.ID, key.Time = id.Bytes, at.Time.UnixMicro()
		judged[key] = j
		return nil
	})
	return err
}

func collectJudgedStatusChanges(rows pgx.Rows, judged map[grouping.ItemKey]grouping.Judgement) error {
	var id pgtype.UUID
	var j grouping.Judgement
	_, err := pgx.ForEachRow(rows, []any{&id, &j.Outcome, &j.GroupID, &j.ShortID, &j.Changed}, func() error {
		judged[statusChangeKey(id.Bytes)] = j
		return nil
	})
	return err
}

// statusChangeKey is the key of a status change, which has no time.
func statusChangeKey(id uuid.UUID) grouping.ItemKey {
	change := grouping.Item{ID: id, StatusChange: &grouping.StatusChange{}}
	return change.Key()
}

func keysOf(items []grouping.Item) (kinds []int16, ids []uuid.UUID, times []pgtype.Timestamptz, changes []uuid.UUID) {
	for _, item := range items {
		if item.Kind() == grouping.KindStatusChange {
			changes = append(changes, item.ID)
			continue
		}
		kinds = append(kinds, int16(item.Kind()))
		ids = append(ids, item.ID)
		times = append(times, pgtype.Timestamptz{Time: item.Time, Valid: true})
	}
	return kinds, ids, times, changes
}

func hashesOf(items []grouping.Item) []grouping.Hash {
	seen := map[grouping.Hash]bool{}
	var hashes []grouping.Hash
	for _, item := range items {
		for _, hash := range item.Lookups() {
			if !seen[hash] {
				seen[hash] = true
				hashes = append(hashes, hash)
			}
		}
	}
	return hashes
}

func hashesOfChanges(items []grouping.Item) []grouping.Hash {
	var hashes []grouping.Hash
	for _, item := range items {
		if item.StatusChange != nil {
			hashes = append(hashes, item.StatusChange.Hash)
		}
	}
	return hashes
}

func hashBytes(hashes []grouping.Hash) [][]byte {
	raw := make([][]byte, len(hashes))
	for i, hash := range hashes {
		raw[i] = []byte(hash)
	}
	return raw
}

// Project is what judging needs to know of a project.
type Project struct {
	Slug          string
	CreationQuota int // new issues of a type an hour; -1: the type's own
	// Rules about error events as text, and the version of the algorithm that hashes them, empty for the first.
	FingerprintRules, StackRules, HashAlgorithm string
	// The version before it, whose hashes find issues until a time.
	SecondaryAlgorithm string
	SecondaryUntil     *time.Time
}

// Equal tells whether two readings of a project say the same.
func (p Project) Equal(other Project) bool {
	if p.SecondaryUntil != nil && other.SecondaryUntil != nil && p.SecondaryUntil.Equal(*other.SecondaryUntil) {
		other.SecondaryUntil = p.SecondaryUntil
	}
	return p == other
}

const selectProjectForJudging = `
SELECT slug, coalesce((settings->>'creationQuotaPerHour')::int, -1), coalesce(settings->>'fingerprintRules', ''),
       coalesce(settings->>'stackRules', ''), coalesce(settings->>'hashAlgorithm', ''),
       coalesce(settings->>'secondaryHashAlgorithm', ''), (settings->>'secondaryHashUntil')::timestamptz
FROM projects WHERE id = $1`

// Project reads a project. ok is false when there is none.
func (s *Store) Project(ctx context.Context, id int64) (project Project, ok bool, err error) {
	project, ok, err = scanProject(s.pool.QueryRow(ctx, selectProjectForJudging, id))
	return project, ok, translate(err)
}

func scanProject(row pgx.Row) (project Project, ok bool, err error) {
	err = row.Scan(&project.Slug, &project.CreationQuota, &project.FingerprintRules, &project.StackRules, &project.HashAlgorithm,
		&project.SecondaryAlgorithm, &project.SecondaryUntil)
	if err == pgx.ErrNoRows { //nolint:errorlint // Scan gives it bare
		return Project{}, false, nil
	}
	return project, err == nil, err
}

const takeGroupIDs = `SELECT nextval('group_ids') FROM generate_series(1, $1)`

const takeShortIDs = `
INSERT INTO short_id_counters (project_id, value) VALUES ($1, $2)
ON CONFLICT (project_id) DO UPDATE SET value = short_id_counters.value + excluded.value
RETURNING value`

// A group's commit makes durable what the log holds before it, and that is where its short id was taken.
const commitLater = `SELECT set_config('synchronous_commit', 'off', true)`

// TakeIDs takes ids and short ids for groups to be made. It is a transaction of its own, so that the counter's row
// is not locked while groups are made; ids that are not used after all leave a gap. Its commit waits for no disk: if the server
// dies and forgets it, nothing with these ids was committed. Where the counter is on another server than the groups, HealShortIDs
// mends that.
func (s *Store) TakeIDs(ctx context.Context, projectID int64, n int) (ids []int64, shortIDs map[int64]int64, err error) {
	if n == 0 {
		return nil, nil, nil
	}
	var last int64
	batch := &pgx.Batch{}
	batch.Queue(commitLater)
	batch.Queue(takeGroupIDs, n).Query(func(rows pgx.Rows) error {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	batch.Queue(takeShortIDs, projectID, n).QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, nil, translate(err)
	}
	shortIDs = make(map[int64]int64, n)
	for i, id := range ids {
		shortIDs[id] = last - int64(n) + int64(i) + 1
	}
	return ids, shortIDs, nil
}

const healShortIDs = `
UPDATE short_id_counters SET value = greatest(value, (SELECT max(short_id) FROM groups WHERE project_id = $1))
WHERE project_id = $1`

// HealShortIDs raises a counter that fell behind the short ids in use, such as after a partial restore.
func (s *Store) HealShortIDs(ctx context.Context, projectID int64) error {
	_, err := s.pool.Exec(ctx, healShortIDs, projectID)
	return translate(err)
}

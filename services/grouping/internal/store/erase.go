package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Erasure deletes groups of one project.
type Erasure struct {
	ProjectID int64
	GroupIDs  []int64
	Discard   bool // drop what has their hashes from now on
	Actor     string
	Now       time.Time
	DryRun    bool
}

const insertTombstones = `
INSERT INTO tombstones (project_id, group_id, type, title, culprit, message, level, actor, created_at)
SELECT project_id, id, type, title, culprit, message, level, $3, $4
FROM groups WHERE project_id = $1 AND id = ANY ($2) AND status NOT IN (3, 4) ORDER BY id`

const moveHashesToTombstones = `
UPDATE group_hashes h SET group_id = NULL, tombstone_id = t.id
FROM tombstones t
WHERE h.project_id = $1 AND h.group_id = ANY ($2) AND t.project_id = h.project_id AND t.group_id = h.group_id`

const markDeleted = `
UPDATE groups SET status = 3, substatus = 0, status_since = $3, version = version + 1
WHERE project_id = $1 AND id = ANY ($2) AND status NOT IN (3, 4)`

const (
	deleteHashCounters = `
DELETE FROM hash_counters c USING group_hashes h
WHERE h.project_id = $1 AND h.group_id = ANY ($2) AND c.project_id = h.project_id AND c.hash = h.hash`
	deleteHashes        = `DELETE FROM group_hashes WHERE project_id = $1 AND group_id = ANY ($2)`
	deleteInboxOf       = `DELETE FROM inbox WHERE project_id = $1 AND group_id = ANY ($2)`
	deleteSnoozesOf     = `DELETE FROM snoozes WHERE project_id = $1 AND group_id = ANY ($2)`
	deleteResolutionsOf = `DELETE FROM resolutions WHERE project_id = $1 AND group_id = ANY ($2)`
)

// Erase begins to delete groups: from its commit on they are not found, and what has their hashes makes new groups,
// or is dropped. Their rows stay for EraseStep, which their status leads to, also in another process. It returns
// the groups that it marked; the others do not exist or were marked before.
//
// The groups are locked before their hashes go. Whoever judges an item of such a hash at the same time waits for the
// group and then finds the hash moved, or waits at the hash and then finds it free; both start over.
func (s *Store) Erase(ctx context.Context, e Erasure) (erased map[int64]*grouping.Group, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var merged []int64
		if erased, merged, err = lockWithMerged(ctx, tx, e.ProjectID, e.GroupIDs); err != nil {
			return err
		}
		var ids, discarded []int64
		for id, group := range erased {
			isMerged := group.Status == issue.PendingMerge && slices.Contains(merged, id)
			if group.Status > issue.Ignored && !isMerged {
				delete(erased, id)
				continue
			}
			group.Status, group.Substatus, group.InInbox = issue.PendingDeletion, issue.NoSubstatus, false
			group.Version++
			ids = append(ids, id)
			if !isMerged {
				discarded = append(discarded, id)
			}
		}
		if e.DryRun {
			return errDryRun
		}
		batch := &pgx.Batch{}
		batch.Queue(deleteHashCounters, e.ProjectID, ids)
		if e.Discard {
			batch.Queue(insertTombstones, e.ProjectID, discarded, e.Actor, e.Now)
			batch.Queue(moveHashesToTombstones, e.ProjectID, ids)
		}
		batch.Queue(markDeleted, e.ProjectID, ids, e.Now)
		for _, statement := range []string{deleteHashes, deleteInboxOf, deleteSnoozesOf, deleteResolutionsOf} {
			batch.Queue(statement, e.ProjectID, ids)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return erased, classify(err)
}

const selectMerged = `SELECT source_id FROM moves WHERE project_id = $1 AND kind = 1 AND leads_to = ANY ($2) ORDER BY source_id`

// lockWithMerged locks groups and those that were merged into them, which go with them.
func lockWithMerged(ctx context.Context, tx pgx.Tx, projectID int64, ids []int64) (groups map[int64]*grouping.Group, merged []int64, err error) {
	if merged, err = collectIDs(ctx, tx, selectMerged, projectID, ids); err != nil {
		return nil, nil, err
	}
	if groups, err = lockAndRead(ctx, tx, projectID, append(slices.Clone(ids), merged...)); err != nil {
		return nil, nil, err
	}
	again, err := collectIDs(ctx, tx, selectMerged, projectID, ids)
	if err == nil && !slices.Equal(merged, again) {
		err = errStartOver
	}
	if err == nil {
		err = noHashesMove(ctx, tx, projectID, ids)
	}
	return groups, merged, err
}

const selectHashesUnderWay = `
SELECT EXISTS (SELECT FROM moves WHERE project_id = $1 AND step <= 1 AND (source_id = ANY ($2) OR destination_id = ANY ($2)))`

// noHashesMove makes sure that groups have all their hashes, which are to go at once.
func noHashesMove(ctx context.Context, tx pgx.Tx, projectID int64, ids []int64) error {
	var underWay bool
	if err := tx.QueryRow(ctx, selectHashesUnderWay, projectID, ids).Scan(&underWay); err != nil {
		return err
	}
	if underWay {
		return fault.TryLater(retryAfter, nil, "a merge of the issue is under way")
	}
	return nil
}

func collectIDs(ctx context.Context, tx pgx.Tx, statement string, args ...any) ([]int64, error) {
	rows, err := tx.Query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// Rows that are on their way end it first: those of an issue that was unmerged from a deleted one are not deleted.
const selectDeleted = `
SELECT id FROM groups g WHERE project_id = $1 AND status IN (3, 4) AND NOT EXISTS (
    SELECT FROM moves m WHERE m.project_id = $1 AND m.step < 5 AND (m.source_id = g.id OR m.destination_id = g.id))
ORDER BY id LIMIT $2`

// Deleted lists groups whose rows are to be removed.
func (s *Store) Deleted(ctx context.Context, projectID int64, limit int) ([]int64, error) {
	rows, err := s.pool.Query(ctx, selectDeleted, projectID, limit)
	if err != nil {
		return nil, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

const markDeleting = `UPDATE groups SET status = 4 WHERE project_id = $1 AND id = $2 AND status = 3`

// The event leaves the index and enters the list of payloads to erase in one statement: there is no moment in which
// it is in neither. The index of a group's events ends at the time, which many may share: the stretch of the page
// is read once and its events are looked up by hash, for which IS TRUE leaves the planner no choice.
const eraseEvents = `
WITH page AS MATERIALIZED (
    SELECT seen_time, kind, item_id, ` + itemTime + ` AS item_time FROM event_index WHERE project_id = $1 AND group_id = $2
    ORDER BY seen_time DESC LIMIT $3
), gone AS (
    DELETE FROM event_index
    WHERE project_id = $1 AND group_id = $2 AND seen_time >= (SELECT min(seen_time) FROM page)
      AND ((kind, item_id, ` + itemTime + `) IN (SELECT kind, item_id, item_time FROM page)) IS TRUE
    RETURNING kind, item_id, ` + itemTime + ` AS item_time, event_id
), listed AS (
    INSERT INTO erased_events (project_id, kind, item_id, item_time, event_id)
    SELECT $1, kind, item_id, item_time, event_id FROM gone
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM gone`

const eraseActivities = `
DELETE FROM activities WHERE project_id = $1 AND group_id = $2 AND id IN (
    SELECT id FROM activities WHERE project_id = $1 AND group_id = $2 LIMIT $3)`

const eraseHistory = `
DELETE FROM history WHERE project_id = $1 AND group_id = $2 AND id IN (
    SELECT id FROM history WHERE project_id = $1 AND group_id = $2 LIMIT $3)`

const eraseDays = `
DELETE FROM group_days WHERE project_id = $1 AND group_id = $2 AND (environment, day, hash) IN (
    SELECT environment, day, hash FROM group_days WHERE project_id = $1 AND group_id = $2 LIMIT $3)`

// By ctid: a step is one statement, and while the group is marked nobody else writes its rows.
const eraseUsers = `
DELETE FROM group_users WHERE ctid = ANY (ARRAY (SELECT ctid FROM group_users WHERE project_id = $1 AND group_id = $2 LIMIT $3))`

// EraseStep removes up to limit rows of a group that is marked, and says whether the group is gone. The group's own
// row goes last, so that a process that dies before leaves what another one goes on with.
func (s *Store) EraseStep(ctx context.Context, projectID, groupID int64, limit int) (done bool, err error) {
	if _, err := s.pool.Exec(ctx, markDeleting, projectID, groupID); err != nil {
		return false, translate(err)
	}
	var events int
	if err := s.pool.QueryRow(ctx, eraseEvents, projectID, groupID, limit).Scan(&events); err != nil || events == limit {
		return false, translate(err)
	}
	for _, statement := range []string{eraseActivities, eraseHistory, eraseDays, eraseUsers} {
		tag, err := s.pool.Exec(ctx, statement, projectID, groupID, limit)
		if err != nil || tag.RowsAffected() == int64(limit) {
			return false, translate(err)
		}
	}
	return true, s.eraseGroup(ctx, projectID, groupID)
}

const (
	eraseEnvironments = `DELETE FROM group_environments WHERE project_id = $1 AND group_id = $2`
	eraseCounters     = `DELETE FROM group_counters WHERE project_id = $1 AND group_id = $2`
	eraseBookmarks    = `DELETE FROM bookmarks WHERE project_id = $1 AND group_id = $2`
	eraseSubscribers  = `DELETE FROM subscriptions WHERE project_id = $1 AND group_id = $2`
	eraseSeenMarks    = `DELETE FROM seen_marks WHERE project_id = $1 AND group_id = $2`
	eraseMovedHashes  = `
DELETE FROM moved_hashes x USING moves m
WHERE m.project_id = $1 AND m.source_id = $2 AND m.kind = 1 AND x.project_id = m.project_id AND x.move_id = m.id`
	eraseMerge = `DELETE FROM moves WHERE project_id = $1 AND source_id = $2 AND kind = 1`
	eraseGroup = `DELETE FROM groups WHERE project_id = $1 AND id = $2 AND status = 4`
)

func (s *Store) eraseGroup(ctx context.Context, projectID, groupID int64) error {
	batch := &pgx.Batch{} // a batch outside a transaction is one by itself
	for _, statement := range []string{
		eraseEnvironments, eraseCounters, eraseBookmarks, eraseSubscribers, eraseSeenMarks, deleteShare, deleteOwners, deleteLinks,
		deleteForecast,
		eraseMovedHashes, eraseMerge, eraseGroup,
	} {
		batch.Queue(statement, projectID, groupID)
	}
	return translate(s.pool.SendBatch(ctx, batch).Close())
}

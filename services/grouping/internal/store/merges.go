package store

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// The kinds of moves, and their phases, which the column step has.
const (
	moveMerge   = 1
	moveUnmerge = 2

	phaseSubscribers = 0
	phaseHashes      = 1
	phaseEvents      = 2
	phaseDays        = 3
	phaseUsers       = 4
	phaseDone        = 5
)

const selectMovesUnderWay = `
SELECT EXISTS (SELECT FROM moves WHERE project_id = $1 AND step < 5 AND (source_id = ANY ($2) OR destination_id = ANY ($2)))`

// noMoves makes sure that nothing is on its way from or to groups that are locked. Moves follow each other: what the
// next one finds is where it is expected to be.
func noMoves(ctx context.Context, tx pgx.Tx, projectID int64, ids []int64) error {
	var underWay bool
	if err := tx.QueryRow(ctx, selectMovesUnderWay, projectID, ids).Scan(&underWay); err != nil {
		return err
	}
	if underWay {
		return fault.TryLater(retryAfter, nil, "a merge of the issue, or its undoing, is under way")
	}
	return nil
}

// Merging merges groups of one project.
type Merging struct {
	ProjectID int64
	GroupIDs  []int64
	Actor     string
	Now       time.Time
}

const insertMerge = `
INSERT INTO moves (project_id, kind, source_id, destination_id, leads_to, status, substatus, brought_assignee, step, created_at)
VALUES ($1, 1, $2, $3, $3, $4, $5, $6, 0, $7)`

// Whoever was led to a group that is merged now is led on.
const redirectMerged = `UPDATE moves SET leads_to = $3 WHERE project_id = $1 AND kind = 1 AND leads_to = $2`

// BeginMerge hides all groups but one and notes that their hashes are to move there, which MoveStep does: from the
// commit on the merged groups lead to the other one. An item that comes for a hash that has not moved yet is still
// counted in the hidden group, and moves with the rest.
func (s *Store) BeginMerge(ctx context.Context, m Merging) (primary *grouping.Group, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		groups, err := lockAndRead(ctx, tx, m.ProjectID, m.GroupIDs)
		if err != nil {
			return err
		}
		for _, id := range m.GroupIDs {
			if groups[id] == nil {
				return fault.Missing("issue", id)
			}
		}
		if err := noMoves(ctx, tx, m.ProjectID, m.GroupIDs); err != nil {
			return err
		}
		before := map[int64]grouping.Group{}
		for id, group := range groups {
			before[id] = *group
		}
		effects, merged, err := grouping.Merge(grouping.State{Groups: groups}, m.Actor, m.Now)
		if err != nil {
			return err
		}
		primary = merged.Primary
		batch := &pgx.Batch{}
		if err := queueIssues(batch, m.ProjectID, effects); err != nil {
			return err
		}
		for _, id := range slices.Sorted(slices.Values(m.GroupIDs)) {
			if id != primary.ID {
				batch.Queue(redirectMerged, m.ProjectID, id, primary.ID)
				batch.Queue(insertMerge, m.ProjectID, id, primary.ID, before[id].Status, before[id].Substatus, id == merged.AssigneeOf, m.Now)
			}
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return primary, classify(err)
}

// Unmerging takes hashes out of a group.
type Unmerging struct {
	ProjectID int64
	GroupID   int64
	Hashes    []grouping.Hash // distinct
	NewID     int64           // of the group to be made, if one is
	ShortID   int64
	Actor     string
	Now       time.Time
}

// The merge that moved just these hashes, of those that the group has; the latest where several did.
const selectUndone = `
SELECT m.id, m.source_id, m.status, m.substatus FROM moves m
WHERE m.project_id = $1 AND m.kind = 1 AND m.leads_to = $2
  AND m.id IN (SELECT move_id FROM moved_hashes WHERE project_id = $1 AND hash = $3)
  AND (SELECT count(*) FROM moved_hashes x JOIN group_hashes h ON h.project_id = x.project_id AND h.hash = x.hash
       WHERE x.project_id = $1 AND x.move_id = m.id AND h.group_id = $2) = cardinality($4::bytea[])
  AND (SELECT count(*) FROM moved_hashes x WHERE x.project_id = $1 AND x.move_id = m.id AND x.hash = ANY ($4)) = cardinality($4::bytea[])
ORDER BY m.id DESC LIMIT 1`

const countHashesOf = `SELECT count(*) FROM group_hashes WHERE project_id = $1 AND group_id = $2 AND hash = ANY ($3)`

// The group into which a merge went, and those into which that was merged on.
const selectAbove = `
WITH RECURSIVE above (step, move_id, group_id, brought_assignee) AS (
    SELECT 0, id, destination_id, brought_assignee FROM moves WHERE project_id = $1 AND id = $2
    UNION ALL
    SELECT a.step + 1, m.id, m.destination_id, m.brought_assignee FROM above a
    JOIN moves m ON m.project_id = $1 AND m.kind = 1 AND m.source_id = a.group_id
)
SELECT move_id, group_id, brought_assignee FROM above ORDER BY step`

// undone is a merge that is to be undone.
type undone struct {
	moveID, groupID int64
	status          issue.Status
	substatus       issue.Substatus
	above           []above
}

// above is a group to which a merge brought what another one has.
type above struct {
	moveID, groupID int64
	broughtAssignee bool
}

// findUndone finds the merge that an unmerging undoes; zero when it undoes none.
func findUndone(ctx context.Context, tx pgx.Tx, u Unmerging) (found undone, err error) {
	err = tx.QueryRow(ctx, selectUndone, u.ProjectID, u.GroupID, []byte(u.Hashes[0]), hashBytes(u.Hashes)).
		Scan(&found.moveID, &found.groupID, &found.status, &found.substatus)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	rows, err := tx.Query(ctx, selectAbove, u.ProjectID, found.moveID)
	if err != nil {
		return found, err
	}
	found.above, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (a above, err error) {
		err = row.Scan(&a.moveID, &a.groupID, &a.broughtAssignee)
		return a, err
	})
	return found, err
}

func (u undone) equals(other undone) bool {
	return u.moveID == other.moveID && u.groupID == other.groupID && slices.Equal(u.above, other.above)
}

// BeginUnmerge gives hashes of a group to the merged group that they came from, or to a new one, with what was counted
// under them. The rows that carry them follow by MoveStep.
func (s *Store) BeginUnmerge(ctx context.Context, u Unmerging) (groupID int64, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		found, err := findUndone(ctx, tx, u)
		if err != nil {
			return err
		}
		groupID, err = s.split(ctx, tx, u, found)
		return err
	})
	return groupID, classify(err)
}

func (s *Store) split(ctx context.Context, tx pgx.Tx, u Unmerging, found undone) (int64, error) {
	ids := []int64{u.GroupID}
	if found.groupID != 0 {
		ids = append(ids, found.groupID)
	}
	for _, a := range found.above {
		if a.groupID != u.GroupID {
			ids = append(ids, a.groupID)
		}
	}
	groups, err := lockAndRead(ctx, tx, u.ProjectID, ids)
	if err != nil {
		return 0, err
	}
	source := groups[u.GroupID]
	if source == nil || source.Status > issue.Ignored {
		return 0, fault.Missing("issue", u.GroupID)
	}
	if err := noMoves(ctx, tx, u.ProjectID, ids); err != nil {
		return 0, err
	}
	if err := checkSplit(ctx, tx, u, found); err != nil {
		return 0, err
	}
	destination, isNew := groups[found.groupID], false
	if destination == nil {
		if destination, err = newSplit(ctx, tx, u, source); err != nil {
			return 0, err
		}
		groups[destination.ID], isNew = destination, true
	} else {
		destination.Status, destination.Substatus = found.status, found.substatus
	}
	effects := grouping.Split(grouping.State{Groups: groups}, source, destination, isNew, named(u.Hashes), u.Actor, u.Now)
	takeAssigneeBack(groups, found, effects)
	batch := &pgx.Batch{}
	if err := queueIssues(batch, u.ProjectID, effects); err != nil {
		return 0, err
	}
	queueSplit(batch, u, found, destination.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, err
	}
	return destination.ID, moveHashes(ctx, tx, u.ProjectID, source, destination, u.Hashes)
}

// takeAssigneeBack leaves nobody where an assignee was brought by the merge that is undone, and by those that went on from there.
func takeAssigneeBack(groups map[int64]*grouping.Group, found undone, effects grouping.Effects) {
	for _, a := range found.above {
		group := groups[a.groupID]
		if !a.broughtAssignee || group.Assignee != groups[found.groupID].Assignee {
			return
		}
		group.Assignee = ""
		effects.Changed[group.ID] = group
	}
}

// checkSplit looks again at what was found before the groups were locked.
func checkSplit(ctx context.Context, tx pgx.Tx, u Unmerging, found undone) error {
	var owned, counted, all int
	if err := tx.QueryRow(ctx, countHashesOf, u.ProjectID, u.GroupID, hashBytes(u.Hashes)).Scan(&owned); err != nil {
		return err
	}
	if owned != len(u.Hashes) {
		return fault.InvalidField("hashes", "%d of %d are no hashes of the issue", len(u.Hashes)-owned, len(u.Hashes))
	}
	err := tx.QueryRow(ctx, `
SELECT count(*) FILTER (WHERE h.hash = ANY ($3)), count(*) FROM group_hashes h
JOIN hash_counters c ON c.project_id = h.project_id AND c.hash = h.hash WHERE h.project_id = $1 AND h.group_id = $2`,
		u.ProjectID, u.GroupID, hashBytes(u.Hashes)).Scan(&counted, &all)
	switch {
	case err != nil:
		return err
	case counted == 0 && found.groupID == 0:
		return fault.Precondition(grouping.ReasonNothingLeft, "no item was counted under the hashes, so there is nothing to make an issue of")
	case counted == all:
		return fault.Precondition(grouping.ReasonNothingLeft, "the issue would be left without items")
	}
	again, err := findUndone(ctx, tx, u)
	if err == nil && !again.equals(found) {
		return errStartOver
	}
	return err
}

const selectFirstRelease = `
SELECT first_release FROM group_environments WHERE project_id = $1 AND group_id = $2 AND hash = ANY ($3)
ORDER BY first_seen, environment LIMIT 1`

func newSplit(ctx context.Context, tx pgx.Tx, u Unmerging, source *grouping.Group) (*grouping.Group, error) {
	if err := part(ctx, tx, u.ProjectID, source); err != nil {
		return nil, err
	}
	sums, err := sumHashes(ctx, tx, u.ProjectID, source.ID, u.Hashes)
	if err != nil {
		return nil, err
	}
	release, err := firstText(ctx, tx, selectFirstRelease, u.ProjectID, source.ID, hashBytes(u.Hashes))
	return grouping.NewSplit(u.NewID, u.ShortID, source, sums, release, u.Now), err
}

const (
	forgetUndone = `DELETE FROM moved_hashes WHERE project_id = $1 AND move_id = $2`
	forgetMove   = `DELETE FROM moves WHERE project_id = $1 AND id = $2`
	// Hashes that leave are none of those that a merge brought, so that what is left of it can still be undone.
	forgetLeft = `
DELETE FROM moved_hashes x USING moves m
WHERE x.project_id = $1 AND x.hash = ANY ($2) AND m.project_id = x.project_id AND m.id = x.move_id AND m.leads_to = $3`
	// What was merged into the group that wakes leads there again.
	redirectToWoken = `
WITH RECURSIVE below (id) AS (
    SELECT source_id FROM moves WHERE project_id = $1 AND kind = 1 AND destination_id = $2
    UNION
    SELECT m.source_id FROM below b JOIN moves m ON m.project_id = $1 AND m.kind = 1 AND m.destination_id = b.id
)
UPDATE moves SET leads_to = $2 WHERE project_id = $1 AND kind = 1 AND source_id IN (SELECT id FROM below)`
	// Of those whom a merge ($3) brought to a group ($2) and whom its source ($4, 0 when it is undone) has no longer, the ones
	// whom another merge would have brought as well stay, as that one would have brought them.
	keepSubscribers = `
UPDATE subscriptions s SET brought_by = other.id, is_active = other.is_active, reason = other.reason, created_at = other.created_at FROM (
    SELECT DISTINCT ON (x.user_id) x.user_id, m.id, x.is_active, x.reason, x.created_at FROM moves m
    JOIN subscriptions x ON x.project_id = m.project_id AND x.group_id = m.source_id
    WHERE m.project_id = $1 AND m.kind = 1 AND m.destination_id = $2 AND m.id <> $3 ORDER BY x.user_id, m.id
) other
WHERE s.user_id = other.user_id AND ` + isStranded
	returnSubscribers = `DELETE FROM subscriptions s WHERE ` + isStranded
	isStranded        = `s.project_id = $1 AND s.group_id = $2 AND s.brought_by = $3
    AND NOT EXISTS (SELECT FROM subscriptions b WHERE b.project_id = $1 AND b.group_id = $4 AND b.user_id = s.user_id)`
	insertUnmerge = `
WITH made AS (
    INSERT INTO moves (project_id, kind, source_id, destination_id, status, substatus, step, created_at)
    VALUES ($1, 2, $2, $3, 0, 0, 2, $4) RETURNING id
)
INSERT INTO moved_hashes (project_id, move_id, hash) SELECT $1, made.id, hash FROM made, unnest($5::bytea[]) AS h (hash)`
)

func queueSplit(batch *pgx.Batch, u Unmerging, found undone, destinationID int64) {
	below := int64(0)
	for _, a := range found.above {
		batch.Queue(keepSubscribers, u.ProjectID, a.groupID, a.moveID, below)
		batch.Queue(returnSubscribers, u.ProjectID, a.groupID, a.moveID, below)
		below = a.groupID
	}
	if found.moveID != 0 {
		batch.Queue(forgetUndone, u.ProjectID, found.moveID)
		batch.Queue(forgetMove, u.ProjectID, found.moveID)
		batch.Queue(redirectToWoken, u.ProjectID, destinationID)
	}
	batch.Queue(forgetLeft, u.ProjectID, hashBytes(u.Hashes), u.GroupID)
	batch.Queue(insertUnmerge, u.ProjectID, u.GroupID, destinationID, u.Now, hashBytes(u.Hashes))
}

// named are hashes as people and services write them.
func named(hashes []grouping.Hash) []string {
	names := make([]string, len(hashes))
	for i, hash := range hashes {
		names[i] = hashName(hash)
	}
	return names
}

// hashName: a hash of another length than a digest is a text itself.
func hashName(hash grouping.Hash) string {
	if len(hash) == digestLength {
		return hex.EncodeToString([]byte(hash))
	}
	return string(hash)
}

const digestLength = 16

package store

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const upsertInbox = `
INSERT INTO inbox (project_id, group_id, reason, added_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, group_id) DO UPDATE SET reason = excluded.reason, added_at = excluded.added_at`

const deleteInbox = `DELETE FROM inbox WHERE project_id = $1 AND group_id = $2`

const insertActivity = `
INSERT INTO activities (project_id, group_id, type, actor, details, created_at) VALUES ($1, $2, $3, $4, $5, $6)`

const insertHistory = `
INSERT INTO history (project_id, group_id, status, actor, release, created_at, previous_id, previous_at)
SELECT $1, $2, $3, $4, $5, $6, p.id, p.created_at
FROM (SELECT) one
LEFT JOIN LATERAL (
    SELECT id, created_at FROM history WHERE project_id = $1 AND group_id = $2 AND status = ANY ($7) ORDER BY id DESC LIMIT 1
) p ON true`

// The newest activity that says that the group was resolved in a release learns which one it was.
const nameResolvingRelease = `
UPDATE activities SET details = details || jsonb_build_object('version', $3::text)
WHERE project_id = $1 AND group_id = $2 AND details->>'version' = '' AND id = (
    SELECT id FROM activities WHERE project_id = $1 AND group_id = $2 AND type = 13 ORDER BY id DESC LIMIT 1)`

// queueIssues writes what effects make of groups that are locked.
func queueIssues(batch *pgx.Batch, projectID int64, effects grouping.Effects) error {
	if err := queueGroups(batch, projectID, effects); err != nil {
		return err
	}
	for id, release := range effects.ResolvedBy {
		batch.Queue(nameResolvingRelease, projectID, id, release)
	}
	if err := queueActivities(batch, projectID, effects); err != nil {
		return err
	}
	queueConditions(batch, projectID, effects)
	queueInbox(batch, projectID, effects)
	return nil
}

func queueActivities(batch *pgx.Batch, projectID int64, effects grouping.Effects) error {
	for _, a := range effects.Activities {
		details, err := json.Marshal(a.Details)
		if err != nil {
			return err
		}
		batch.Queue(insertActivity, projectID, a.GroupID, a.Type, a.Actor, details, a.Time)
		if a.History != nil {
			batch.Queue(insertHistory, projectID, a.GroupID, *a.History, a.Actor, a.Release, a.Time, numbersOf(a.History.Ends()))
		}
	}
	return nil
}

func numbersOf(statuses []grouping.HistoryStatus) []int16 {
	numbers := make([]int16, len(statuses))
	for i, status := range statuses {
		numbers[i] = int16(status)
	}
	return numbers
}

func queueInbox(batch *pgx.Batch, projectID int64, effects grouping.Effects) {
	groups := map[int64]*grouping.Group{}
	for _, g := range effects.Created {
		groups[g.ID] = g
	}
	maps.Copy(groups, effects.Changed)
	for _, id := range slices.Sorted(maps.Keys(effects.Inbox)) {
		g := groups[id]
		if g.InInbox {
			batch.Queue(upsertInbox, projectID, id, g.InboxReason, g.InboxSince)
		} else {
			batch.Queue(deleteInbox, projectID, id)
		}
	}
}

package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Aging is what sweeps need to know of a project.
type Aging struct {
	ProjectID       int64
	ResolveAgeHours int // 0: never
}

const selectAgingProjects = `
SELECT id, coalesce((settings->>'resolveAgeHours')::int, 0) FROM projects WHERE id > $1 ORDER BY id LIMIT $2`

// AgingProjects lists projects with ids above a given one.
func (s *Store) AgingProjects(ctx context.Context, after int64, limit int) ([]Aging, error) {
	return collect[Aging](ctx, s, selectAgingProjects, after, limit)
}

const lockSweep = `SELECT pg_try_advisory_lock(hashtextextended('sweep of project ' || $1::bigint, 0))`

const unlockSweep = `SELECT pg_advisory_unlock(hashtextextended('sweep of project ' || $1::bigint, 0))`

// Alone calls do unless another process sweeps the project now. It spares work and promises nothing: what sweeps do
// is right and done once even where two of them meet, because each change looks at the groups that it has locked.
func (s *Store) Alone(ctx context.Context, projectID int64, do func() error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Release()
	var locked bool
	if err := conn.QueryRow(ctx, lockSweep, projectID).Scan(&locked); err != nil || !locked {
		return translate(err)
	}
	defer func() {
		// A connection that cannot unlock is of no more use, and its end unlocks.
		if _, err := conn.Exec(context.WithoutCancel(ctx), unlockSweep, projectID); err != nil {
			conn.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	return do()
}

// What rules of package grouping find due is among these, and little else, so that sweeps lock few groups.
const selectDue = `
SELECT id FROM (
    SELECT group_id AS id FROM snoozes WHERE project_id = $1 AND until <= $3
    UNION
` + settleable + `
    UNION
    SELECT group_id FROM forecasts WHERE project_id = $1 AND first_day <= $9
    UNION
    SELECT group_id FROM inbox WHERE project_id = $1 AND added_at <= $4
    UNION
    SELECT id FROM groups WHERE project_id = $1 AND status = 0 AND substatus IN (2, 6) AND status_since <= $5
    UNION
    SELECT id FROM groups WHERE project_id = $1 AND status = 0 AND substatus = 7 AND first_seen <= $5
    UNION
    SELECT g.id FROM groups g JOIN group_counters c ON c.project_id = g.project_id AND c.group_id = g.id
    WHERE g.project_id = $1 AND g.status = 0 AND g.type <> ALL ($6) AND c.last_seen <= $7
) due
WHERE id > $2 AND EXISTS (SELECT FROM groups g WHERE g.project_id = $1 AND g.id = due.id AND g.status < 3) ORDER BY id LIMIT $8`

// Due lists groups with ids above a given one for which time may have brought something.
func (s *Store) Due(ctx context.Context, of Aging, after int64, now time.Time, limit int) ([]int64, error) {
	var unseenSince *time.Time // nil: no group is older
	if of.ResolveAgeHours > 0 {
		cutoff := now.Add(-time.Duration(of.ResolveAgeHours) * time.Hour)
		unseenSince = &cutoff
	}
	rows, err := s.pool.Query(ctx, selectDue, of.ProjectID, after, now, now.Add(-grouping.InboxFor),
		now.Add(-grouping.OngoingAfter), neverResolved(), unseenSince, limit,
		now.UTC().Add(-grouping.ForecastDays*24*time.Hour))
	if err != nil {
		return nil, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

func neverResolved() []int32 {
	ids := []int32{}
	for _, t := range issue.Types() {
		if !t.AutoResolve {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

const deleteJudgedStatusChanges = `
DELETE FROM judged_status_changes WHERE project_id = $1 AND item_id IN (
    SELECT item_id FROM judged_status_changes WHERE project_id = $1 AND judged_at < $2 LIMIT $3)`

// ForgetStatusChanges removes up to limit status changes that were judged before the retention time, and says how
// many it removed.
func (s *Store) ForgetStatusChanges(ctx context.Context, projectID int64, before time.Time, limit int) (int64, error) {
	tag, err := s.pool.Exec(ctx, deleteJudgedStatusChanges, projectID, before, limit)
	return tag.RowsAffected(), translate(err)
}

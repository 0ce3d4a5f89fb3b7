package store

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const conditionColumns = `s.until, s.count, s.window_seconds, s.user_count, s.user_window_seconds, s.times_seen, s.users_seen,
       s.actor, r.kind, r.pending, r.release, r.current_release, r.repository, r.commit_id, r.actor, r.created_at`

// conditions are the columns of a snooze and a resolution, each of which may be absent as a whole.
type conditions struct {
	until                                    pgtype.Timestamptz
	count, userCount, timesSeen, usersSeen   pgtype.Int8
	window, userWindow                       pgtype.Int4
	snoozeActor                              pgtype.Text
	kind                                     pgtype.Int2
	pending                                  pgtype.Bool
	release, current, repository, commit, by pgtype.Text
	createdAt                                pgtype.Timestamptz
}

func (c *conditions) places() []any {
	return []any{
		&c.until, &c.count, &c.window, &c.userCount, &c.userWindow, &c.timesSeen, &c.usersSeen, &c.snoozeActor,
		&c.kind, &c.pending, &c.release, &c.current, &c.repository, &c.commit, &c.by, &c.createdAt,
	}
}

func (c *conditions) snooze() *grouping.Snooze {
	if !c.count.Valid {
		return nil
	}
	return &grouping.Snooze{
		Until: c.until.Time, Count: c.count.Int64, Window: seconds(c.window), UserCount: c.userCount.Int64,
		UserWindow: seconds(c.userWindow), TimesSeen: c.timesSeen.Int64, UsersSeen: c.usersSeen.Int64, Actor: c.snoozeActor.String,
	}
}

func seconds(n pgtype.Int4) time.Duration { return time.Duration(n.Int32) * time.Second }

func (c *conditions) fix() *grouping.Fix {
	if !c.kind.Valid {
		return nil
	}
	return &grouping.Fix{
		Kind: grouping.FixKind(c.kind.Int16), Pending: c.pending.Bool, Release: c.release.String, CurrentRelease: c.current.String,
		Commit: grouping.Commit{Repository: c.repository.String, ID: c.commit.String}, Actor: c.by.String, CreatedAt: c.createdAt.Time,
	}
}

const deleteSnooze = `DELETE FROM snoozes WHERE project_id = $1 AND group_id = $2`

const upsertSnooze = `
INSERT INTO snoozes (project_id, group_id, until, count, window_seconds, user_count, user_window_seconds, times_seen, users_seen, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (project_id, group_id) DO UPDATE SET until = excluded.until, count = excluded.count,
    window_seconds = excluded.window_seconds, user_count = excluded.user_count, user_window_seconds = excluded.user_window_seconds,
    times_seen = excluded.times_seen, users_seen = excluded.users_seen, actor = excluded.actor`

const deleteResolution = `DELETE FROM resolutions WHERE project_id = $1 AND group_id = $2`

const upsertResolution = `
INSERT INTO resolutions (project_id, group_id, kind, pending, release, current_release, repository, commit_id, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (project_id, group_id) DO UPDATE SET kind = excluded.kind, pending = excluded.pending, release = excluded.release,
    current_release = excluded.current_release, repository = excluded.repository, commit_id = excluded.commit_id,
    actor = excluded.actor, created_at = excluded.created_at`

func queueConditions(batch *pgx.Batch, projectID int64, effects grouping.Effects) {
	queueForecasts(batch, projectID, effects)
	for id, g := range effects.Conditions {
		if s := g.Snooze; s != nil {
			batch.Queue(upsertSnooze, projectID, id, optional(s.Until), s.Count, int32(s.Window.Seconds()), s.UserCount,
				int32(s.UserWindow.Seconds()), s.TimesSeen, s.UsersSeen, s.Actor)
		} else {
			batch.Queue(deleteSnooze, projectID, id)
		}
		if x := g.Fix; x != nil {
			batch.Queue(upsertResolution, projectID, id, x.Kind, x.Pending, x.Release, x.CurrentRelease, x.Commit.Repository,
				x.Commit.ID, x.Actor, x.CreatedAt)
		} else {
			batch.Queue(deleteResolution, projectID, id)
		}
	}
}

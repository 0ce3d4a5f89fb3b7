package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const selectWatched = `
SELECT g.id, f.first_day, f.numbers,
       coalesce((SELECT sum(d.hours[$4]) FROM group_days d WHERE d.project_id = $1 AND d.group_id = g.id AND d.day = $3), 0)
FROM unnest($2::bigint[]) AS g (id)
LEFT JOIN forecasts f ON f.project_id = $1 AND f.group_id = g.id`

const selectHourly = `
SELECT d.group_id, d.day + h * interval '1 hour' AS hour, sum(d.hours[h])
FROM group_days d, generate_series(array_lower(d.hours, 1), array_upper(d.hours, 1)) h
WHERE d.project_id = $1 AND d.group_id = ANY ($2) AND d.day >= $3 AND d.hours[h] > 0
GROUP BY 1, 2`

const selectThreshold = `SELECT coalesce(threshold, 0) FROM escalation_thresholds WHERE project_id = $1`

// loadEscalation reads what escalations depend on, of the groups for which it matters. A history is read only where a
// forecast has to be made.
func loadEscalation(ctx context.Context, conn session, projectID int64, now time.Time, wanted wantedFacts, facts *grouping.Facts) error {
	unforeseen := wanted.archived
	for _, id := range wanted.archived {
		facts.Watched[id] = &grouping.Watch{}
	}
	if len(wanted.watched) > 0 {
		if err := loadWatched(ctx, conn, projectID, now, wanted.watched, facts); err != nil {
			return err
		}
		for _, id := range wanted.watched {
			if _, ok := facts.Watched[id].Forecast.On(now); !ok {
				unforeseen = append(unforeseen, id)
			}
		}
	}
	if len(unforeseen) > 0 {
		if err := loadHistories(ctx, conn, projectID, now, unforeseen, facts); err != nil {
			return err
		}
	}
	return nil
}

func collectThreshold(rows pgx.Rows, facts *grouping.Facts) error {
	_, err := pgx.ForEachRow(rows, []any{&facts.EscalationThreshold}, func() error { return nil })
	return err
}

func loadWatched(ctx context.Context, conn session, projectID int64, now time.Time, ids []int64, facts *grouping.Facts) error {
	today := now.UTC().Truncate(24 * time.Hour)
	rows, err := conn.Query(ctx, selectWatched, projectID, ids, today, now.UTC().Hour())
	if err != nil {
		return err
	}
	watched, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		ID       int64
		FirstDay *time.Time
		Numbers  []int64
		Events   int64
	}])
	for _, w := range watched {
		watch := &grouping.Watch{Events: w.Events}
		if w.FirstDay != nil {
			watch.Forecast = grouping.Forecast{FirstDay: *w.FirstDay, Numbers: w.Numbers}
		}
		facts.Watched[w.ID] = watch
	}
	return err
}

func loadHistories(ctx context.Context, conn session, projectID int64, now time.Time, ids []int64, facts *grouping.Facts) error {
	rows, err := conn.Query(ctx, selectHourly, projectID, ids, now.UTC().Truncate(24*time.Hour).Add(-grouping.ForecastWindow))
	if err != nil {
		return err
	}
	counted, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		ID     int64
		Hour   time.Time
		Events int64
	}])
	for _, c := range counted {
		watch := facts.Watched[c.ID]
		if watch.History == nil {
			watch.History = grouping.History{}
		}
		watch.History[c.Hour.UTC()] = c.Events
		if c.Hour.Equal(now.UTC().Truncate(time.Hour)) {
			watch.Events = c.Events
		}
	}
	return err
}

const upsertForecast = `
INSERT INTO forecasts (project_id, group_id, first_day, numbers) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, group_id) DO UPDATE SET first_day = excluded.first_day, numbers = excluded.numbers`

const deleteForecast = `DELETE FROM forecasts WHERE project_id = $1 AND group_id = $2`

func queueForecasts(batch *pgx.Batch, projectID int64, effects grouping.Effects) {
	for id, forecast := range effects.Forecasts {
		if forecast == nil {
			batch.Queue(deleteForecast, projectID, id)
		} else {
			batch.Queue(upsertForecast, projectID, id, forecast.FirstDay, forecast.Numbers)
		}
	}
}

const selectThresholdTime = `SELECT made_at FROM escalation_thresholds WHERE project_id = $1`

// Rates are of the last week, or since the group was first seen; an hour counts whole.
const upsertThreshold = `
INSERT INTO escalation_thresholds (project_id, threshold, made_at)
SELECT $1, CASE WHEN count(*) >= $3 THEN greatest(percentile_cont(0.95) WITHIN GROUP (ORDER BY rate), $4) END, $2
FROM (
    SELECT sum(d.events) / greatest(extract(epoch FROM $2::timestamptz - greatest(g.first_seen, $2::timestamptz - interval '7 days')) / 3600, 1) AS rate
    FROM group_days d JOIN groups g ON g.project_id = d.project_id AND g.id = d.group_id
    WHERE d.project_id = $1 AND d.day > $2::timestamptz - interval '8 days'
    GROUP BY g.id, g.first_seen
) rates
ON CONFLICT (project_id) DO UPDATE SET threshold = excluded.threshold, made_at = excluded.made_at`

const (
	thresholdFor    = 24 * time.Hour
	thresholdGroups = 20 // fewer say nothing of a project
	thresholdFloor  = 10 // events an hour
)

// RefreshThreshold reckons once a day how often groups of a project are seen.
func (s *Store) RefreshThreshold(ctx context.Context, projectID int64, now time.Time) error {
	made, err := column[time.Time](ctx, s.pool, selectThresholdTime, projectID)
	if err != nil || len(made) > 0 && made[0].After(now.Add(-thresholdFor)) {
		return translate(err)
	}
	_, err = s.pool.Exec(ctx, upsertThreshold, projectID, now, thresholdGroups, thresholdFloor)
	return translate(err)
}

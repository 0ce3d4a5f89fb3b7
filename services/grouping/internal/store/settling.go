package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Arrival is a release whose meaning for groups that wait was not done yet.
type Arrival struct {
	ProjectID int64
	Version   string
	Since     time.Time
}

const selectArrivals = `
SELECT project_id, version, unsettled_since FROM releases WHERE unsettled_since IS NOT NULL ORDER BY project_id LIMIT $1`

// Arrivals lists releases that are to be settled, by project.
func (s *Store) Arrivals(ctx context.Context, limit int) ([]Arrival, error) {
	return collect[Arrival](ctx, s, selectArrivals, limit)
}

// One that was changed meanwhile stays unsettled.
const markSettled = `
UPDATE releases r SET unsettled_since = NULL
FROM unnest($2::text[], $3::timestamptz[]) AS a (version, since)
WHERE r.project_id = $1 AND r.version = a.version AND r.unsettled_since = a.since`

// Settled says that groups which wait have been told of releases of one project.
func (s *Store) Settled(ctx context.Context, projectID int64, arrivals []Arrival) error {
	var versions []string
	var since []time.Time
	for _, a := range arrivals {
		versions, since = append(versions, a.Version), append(since, a.Since)
	}
	_, err := s.pool.Exec(ctx, markSettled, projectID, versions, since)
	return translate(err)
}

// settleable finds groups whose resolution waits for a release that has come.
const settleable = `
SELECT x.group_id AS id FROM resolutions x WHERE x.project_id = $1 AND x.pending AND (
    x.kind = 3 AND EXISTS (SELECT FROM release_commits c
        WHERE c.project_id = x.project_id AND c.repository = x.repository AND c.commit_id = x.commit_id)
    OR x.kind = 2 AND EXISTS (SELECT FROM releases r WHERE r.project_id = x.project_id AND ` + releaseDate + ` > x.created_at)
    OR x.kind <> 2 AND EXISTS (SELECT FROM releases r WHERE r.project_id = x.project_id AND (` + releaseDate + `, r.version) > (
        SELECT ` + releaseDate + `, r.version FROM releases r WHERE r.project_id = x.project_id AND r.version = x.release)))`

const selectSettleable = `SELECT id FROM (` + settleable + `) s WHERE id > $2 ORDER BY id LIMIT $3`

// Settleable lists groups with ids above a given one that wait for a release that has come.
func (s *Store) Settleable(ctx context.Context, projectID, after int64, limit int) ([]int64, error) {
	rows, err := s.pool.Query(ctx, selectSettleable, projectID, after, limit)
	if err != nil {
		return nil, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

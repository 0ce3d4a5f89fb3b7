package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const releaseDate = `coalesce(r.released_at, r.created_at)`

const selectReleaseDates = `
SELECT r.version, ` + releaseDate + ` FROM releases r WHERE r.project_id = $1 AND r.version = ANY ($2)`

// Ten are what the order of a project's versions is judged by.
const selectLatestReleases = `
SELECT r.version FROM releases r WHERE r.project_id = $1 ORDER BY ` + releaseDate + ` DESC, r.version DESC LIMIT 10`

const selectCommitRelease = `
SELECT r.version FROM release_commits c JOIN releases r ON r.project_id = c.project_id AND r.version = c.version
WHERE c.project_id = $1 AND c.repository = $2 AND c.commit_id = $3
ORDER BY ` + releaseDate + `, r.version LIMIT 1`

// Of releases of one date the versions say which is the later one, here and wherever the latest is sought.
const selectNextRelease = `
SELECT r.version FROM releases r
WHERE r.project_id = $1
  AND (` + releaseDate + `, r.version) > (SELECT ` + releaseDate + `, r.version FROM releases r WHERE r.project_id = $1 AND r.version = $2)
ORDER BY ` + releaseDate + `, r.version LIMIT 1`

const selectReleaseSince = `
SELECT r.version FROM releases r WHERE r.project_id = $1 AND ` + releaseDate + ` > $2 ORDER BY ` + releaseDate + `, r.version LIMIT 1`

const selectGroupReleases = `
SELECT release FROM event_index WHERE project_id = $1 AND group_id = $2 AND release <> ''
GROUP BY release ORDER BY max(seen_time) DESC`

func loadReleases(ctx context.Context, conn session, projectID int64, wanted wantedFacts, facts *grouping.Facts) error {
	newest, err := column[string](ctx, conn, selectLatestReleases, projectID)
	if err != nil {
		return err
	}
	facts.FollowsSemver = grouping.FollowsSemver(newest)
	if len(newest) > 0 {
		facts.Latest = newest[0]
	}
	for id, commit := range wanted.commits {
		if err := first(ctx, conn, facts.CommitRelease, id, selectCommitRelease, projectID, commit.Repository, commit.ID); err != nil {
			return err
		}
		wanted.releases[facts.CommitRelease[id]] = true
	}
	after := maps.Clone(wanted.after)
	for _, id := range wanted.current {
		current, err := currentRelease(ctx, conn, projectID, id, facts.FollowsSemver)
		if err != nil {
			return err
		}
		facts.CurrentRelease[id], after[id] = current, current
	}
	for id, release := range after {
		if err := first(ctx, conn, facts.NextRelease, id, selectNextRelease, projectID, release); err != nil {
			return err
		}
	}
	for id, since := range wanted.since {
		if err := first(ctx, conn, facts.NextRelease, id, selectReleaseSince, projectID, since); err != nil {
			return err
		}
	}
	rows, err := conn.Query(ctx, selectReleaseDates, projectID, slices.Sorted(maps.Keys(wanted.releases)))
	if err != nil {
		return err
	}
	dated, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Version string
		Date    time.Time
	}])
	for _, release := range dated {
		facts.Releases[release.Version] = release.Date
	}
	return err
}

// currentRelease is the highest version in which a group was seen, or the latest where versions have no order.
func currentRelease(ctx context.Context, conn session, projectID, groupID int64, semver bool) (string, error) {
	seen, err := column[string](ctx, conn, selectGroupReleases, projectID, groupID)
	if err != nil || len(seen) == 0 {
		return "", err
	}
	if highest := grouping.LatestVersion(seen); semver && highest != "" {
		return highest, nil
	}
	return seen[0], nil
}

// first puts the one text that a statement finds, if any, into a map.
func first(ctx context.Context, conn session, into map[int64]string, id int64, statement string, args ...any) error {
	found, err := column[string](ctx, conn, statement, args...)
	if len(found) > 0 {
		into[id] = found[0]
	}
	return err
}

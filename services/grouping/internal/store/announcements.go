package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Release is a version of a project.
type Release struct {
	ProjectID  int64
	Version    string
	ReleasedAt *time.Time // nil: nobody said when
	CreatedAt  time.Time
	FirstSeen  *time.Time // nil: in no event
	Announced  bool       // made by hand
	Revision   int64
	Commits    []grouping.Commit `db:"-"`
	Adoptions  []Adoption        `db:"-"`
}

// Adoption says how far a release is in use in an environment.
type Adoption struct {
	Environment string
	AdoptedAt   *time.Time // nil: not yet
	ReplacedAt  *time.Time // nil: it still is
}

// ReleasePosition is the release after which a page begins.
type ReleasePosition struct {
	Date    time.Time
	Version string
}

// Date is the date by which releases follow one another.
func (r Release) Date() time.Time {
	if r.ReleasedAt != nil {
		return *r.ReleasedAt
	}
	return r.CreatedAt
}

const releaseColumns = `r.project_id, r.version, r.released_at, r.created_at, r.first_seen, r.announced, r.revision`

// What the release means for groups that wait is done afterwards, from unsettled_since, so that whoever announces it
// waits for no group. A process that dies in between leaves the row to any other.
const announceRelease = `
INSERT INTO releases AS r (project_id, version, released_at, created_at, announced, unsettled_since)
VALUES ($1, $2, $3, $4, true, clock_timestamp())
ON CONFLICT (project_id, version) DO UPDATE
SET released_at = excluded.released_at, announced = true, revision = r.revision + 1, unsettled_since = clock_timestamp()
WHERE NOT r.announced
RETURNING ` + releaseColumns

// AnnounceRelease makes a release with its parts, or completes one that was only seen in events.
func (s *Store) AnnounceRelease(ctx context.Context, wanted Release) (made Release, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := mustHaveProject(ctx, tx, wanted.ProjectID); err != nil {
			return err
		}
		made, err = one[Release](ctx, tx, announceRelease, wanted.ProjectID, wanted.Version, wanted.ReleasedAt, wanted.CreatedAt)
		if err == pgx.ErrNoRows { //nolint:errorlint // given bare
			return fault.Taken("release", wanted.Version)
		}
		if err != nil {
			return err
		}
		return setParts(ctx, tx, wanted, &made)
	})
	return made, translate(err)
}

const selectProjectID = `SELECT id FROM projects WHERE id = $1`

func mustHaveProject(ctx context.Context, tx pgx.Tx, id int64) error {
	found, err := column[int64](ctx, tx, selectProjectID, id)
	if err == nil && len(found) == 0 {
		return fault.Missing("project", id)
	}
	return err
}

const deleteCommits = `DELETE FROM release_commits WHERE project_id = $1 AND version = $2`

const insertCommits = `
INSERT INTO release_commits (project_id, version, repository, commit_id)
SELECT $1, $2, repository, commit_id FROM unnest($3::text[], $4::text[]) AS c (repository, commit_id)
ON CONFLICT DO NOTHING`

const selectCommits = `
SELECT repository, commit_id FROM release_commits WHERE project_id = $1 AND version = $2 ORDER BY repository, commit_id`

const deleteAdoptions = `DELETE FROM release_adoptions WHERE project_id = $1 AND version = $2`

const insertAdoption = `
INSERT INTO release_adoptions (project_id, version, environment, adopted_at, replaced_at) VALUES ($1, $2, $3, $4, $5)`

const selectAdoptions = `
SELECT environment, adopted_at, replaced_at FROM release_adoptions WHERE project_id = $1 AND version = $2 ORDER BY environment`

// setParts gives a release the commits and adoptions that are wanted.
func setParts(ctx context.Context, tx pgx.Tx, wanted Release, made *Release) error {
	repositories, ids := []string{}, []string{}
	for _, commit := range wanted.Commits {
		repositories, ids = append(repositories, commit.Repository), append(ids, commit.ID)
	}
	batch := &pgx.Batch{}
	batch.Queue(deleteCommits, wanted.ProjectID, wanted.Version)
	batch.Queue(insertCommits, wanted.ProjectID, wanted.Version, repositories, ids)
	batch.Queue(deleteAdoptions, wanted.ProjectID, wanted.Version)
	for _, a := range wanted.Adoptions {
		batch.Queue(insertAdoption, wanted.ProjectID, wanted.Version, a.Environment, a.AdoptedAt, a.ReplacedAt)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return readParts(ctx, tx, made)
}

func readParts(ctx context.Context, from queryer, release *Release) (err error) {
	if release.Commits, err = parts[grouping.Commit](ctx, from, selectCommits, *release); err != nil {
		return err
	}
	release.Adoptions, err = parts[Adoption](ctx, from, selectAdoptions, *release)
	return err
}

func parts[T any](ctx context.Context, from queryer, statement string, of Release) ([]T, error) {
	rows, err := from.Query(ctx, statement, of.ProjectID, of.Version)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

const selectRelease = `SELECT ` + releaseColumns + ` FROM releases r WHERE r.project_id = $1 AND r.version = $2`

// Release reads one release with its parts; a NotFound fault says that there is none.
func (s *Store) Release(ctx context.Context, projectID int64, version string) (Release, error) {
	found, err := collect[Release](ctx, s, selectRelease, projectID, version)
	if err == nil && len(found) == 0 {
		err = fault.Missing("release", version)
	}
	if err != nil {
		return Release{}, err
	}
	return found[0], translate(readParts(ctx, s.pool, &found[0]))
}

const selectReleases = `
SELECT ` + releaseColumns + ` FROM releases r
WHERE r.project_id = $1 AND ($2::timestamptz IS NULL OR (` + releaseDate + `, r.version) < ($2, $3))
ORDER BY ` + releaseDate + ` DESC, r.version DESC LIMIT $4`

// Releases lists releases of a project, the latest first, without their parts; those after a given one, if any.
func (s *Store) Releases(ctx context.Context, projectID int64, after *ReleasePosition, limit int) ([]Release, error) {
	if after == nil {
		return collect[Release](ctx, s, selectReleases, projectID, nil, "", limit)
	}
	return collect[Release](ctx, s, selectReleases, projectID, after.Date, after.Version, limit)
}

const lockRelease = selectRelease + ` FOR UPDATE`

const updateRelease = `
UPDATE releases r SET released_at = $3, announced = true, revision = r.revision + 1, unsettled_since = clock_timestamp()
WHERE r.project_id = $1 AND r.version = $2 RETURNING ` + releaseColumns

// UpdateRelease changes a release by a function of what it is. A NotFound fault says that there is none.
func (s *Store) UpdateRelease(ctx context.Context, projectID int64, version string, change func(*Release) error) (changed Release, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		wanted, err := one[Release](ctx, tx, lockRelease, projectID, version)
		if err == pgx.ErrNoRows { //nolint:errorlint // given bare
			return fault.Missing("release", version)
		}
		if err != nil {
			return err
		}
		if err := readParts(ctx, tx, &wanted); err != nil {
			return err
		}
		if err := change(&wanted); err != nil {
			return err
		}
		if changed, err = one[Release](ctx, tx, updateRelease, projectID, version, wanted.ReleasedAt); err != nil {
			return err
		}
		return setParts(ctx, tx, wanted, &changed)
	})
	return changed, translate(err)
}

// ReasonReleaseInUse says that a release cannot be removed any more.
const ReasonReleaseInUse = "RELEASE_IN_USE"

const deleteRelease = `
DELETE FROM releases r WHERE r.project_id = $1 AND r.version = $2 AND r.first_seen IS NULL
AND NOT EXISTS (SELECT FROM resolutions x WHERE x.project_id = $1 AND (x.release = $2 OR x.current_release = $2))`

// DeleteRelease removes a release that nothing refers to.
func (s *Store) DeleteRelease(ctx context.Context, projectID int64, version string) error {
	return translate(postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := one[Release](ctx, tx, lockRelease, projectID, version); err == pgx.ErrNoRows { //nolint:errorlint // given bare
			return fault.Missing("release", version)
		} else if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, deleteRelease, projectID, version)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.Precondition(ReasonReleaseInUse, "events were seen in the release, or issues were resolved by it")
		}
		if err == nil {
			_, err = tx.Exec(ctx, deleteCommits, projectID, version)
		}
		if err == nil {
			_, err = tx.Exec(ctx, deleteAdoptions, projectID, version)
		}
		return err
	}))
}

package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
)

// Organization owns projects.
type Organization struct {
	ID        int64
	Slug      string
	Name      string
	CreatedAt time.Time
	// EnabledTypes are taken in for all of its projects although they are not released.
	EnabledTypes []int32
}

// DirectoryProject is a project with its settings, as JSON of picket.grouping.v1.ProjectSettings.
type DirectoryProject struct {
	ID             int64
	OrganizationID int64
	Slug           string
	Name           string
	Platform       string
	Settings       []byte
	CreatedAt      time.Time
	// OrganizationTypes are those that its organization enables.
	OrganizationTypes []int32
}

const insertOrganization = `
INSERT INTO organizations (id, slug, name)
VALUES (coalesce($1, nextval(pg_get_serial_sequence('organizations', 'id'))), $2, $3)
RETURNING ` + organizationColumns

const organizationColumns = `id, slug, name, created_at, enabled_types`

// skipIDs moves a table's sequence past an id that a caller has chosen.
const skipIDs = `
SELECT setval(pg_get_serial_sequence($1, 'id'), greatest($2, nextval(pg_get_serial_sequence($1, 'id'))))`

// CreateOrganization makes an organization, with the id wanted or, when that is nil, one of its own.
func (s *Store) CreateOrganization(ctx context.Context, wantedID *int64, slug, name string) (Organization, error) {
	var made Organization
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, insertOrganization, wantedID, slug, name)
		if err != nil {
			return err
		}
		if made, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Organization]); err != nil {
			return err
		}
		return skipChosenID(ctx, tx, "organizations", wantedID)
	})
	switch {
	case postgres.IsUniqueViolation(err, "organizations_slug"):
		return made, fault.Taken("organization", slug)
	case postgres.IsUniqueViolation(err, "organizations_pkey") && wantedID != nil:
		return made, fault.Taken("organization", *wantedID)
	}
	return made, translate(err)
}

func skipChosenID(ctx context.Context, tx pgx.Tx, table string, chosen *int64) error {
	if chosen == nil {
		return nil
	}
	_, err := tx.Exec(ctx, skipIDs, table, *chosen)
	return err
}

const selectOrganizations = `
SELECT ` + organizationColumns + ` FROM organizations WHERE id > $1 ORDER BY id LIMIT $2`

// Organizations lists organizations with ids above a given one.
func (s *Store) Organizations(ctx context.Context, after int64, limit int) ([]Organization, error) {
	return collect[Organization](ctx, s, selectOrganizations, after, limit)
}

// Organization reads one organization; a NotFound fault says that there is none.
func (s *Store) Organization(ctx context.Context, id int64) (Organization, error) {
	found, err := s.Organizations(ctx, id-1, 1)
	if err != nil {
		return Organization{}, err
	}
	if len(found) == 0 || found[0].ID != id {
		return Organization{}, fault.Missing("organization", id)
	}
	return found[0], nil
}

const lockOrganization = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = $1 FOR UPDATE`

const updateOrganization = `
UPDATE organizations SET name = $2, enabled_types = $3 WHERE id = $1 RETURNING ` + organizationColumns

// UpdateOrganization changes an organization by a function of what it is. A NotFound fault says that there is none.
func (s *Store) UpdateOrganization(ctx context.Context, id int64, change func(*Organization) error) (o Organization, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if o, err = one[Organization](ctx, tx, lockOrganization, id); err == pgx.ErrNoRows { //nolint:errorlint // given bare
			return fault.Missing("organization", id)
		} else if err != nil {
			return err
		}
		if err := change(&o); err != nil {
			return err
		}
		o, err = one[Organization](ctx, tx, updateOrganization, id, o.Name, o.EnabledTypes)
		return err
	})
	return o, translate(err)
}

const insertProject = `
INSERT INTO projects (id, organization_id, slug, name, platform, settings)
VALUES (coalesce($1, nextval(pg_get_serial_sequence('projects', 'id'))), $2, $3, $4, $5, $6)
RETURNING ` + projectColumns

const projectColumns = `id, organization_id, slug, name, platform, settings, created_at,
       (SELECT o.enabled_types FROM organizations o WHERE o.id = projects.organization_id)`

// CreateProject makes a project, with the id wanted or, when that is nil, one of its own.
func (s *Store) CreateProject(ctx context.Context, wantedID *int64, p DirectoryProject) (DirectoryProject, error) {
	var made DirectoryProject
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, insertProject, wantedID, p.OrganizationID, p.Slug, p.Name, p.Platform, p.Settings)
		if err != nil {
			return err
		}
		if made, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DirectoryProject]); err != nil {
			return err
		}
		return skipChosenID(ctx, tx, "projects", wantedID)
	})
	switch {
	case postgres.IsUniqueViolation(err, "projects_slug"):
		return made, fault.Taken("project", p.Slug)
	case postgres.IsUniqueViolation(err, "projects_pkey") && wantedID != nil:
		return made, fault.Taken("project", *wantedID)
	case postgres.IsForeignKeyViolation(err):
		return made, fault.Missing("organization", p.OrganizationID)
	}
	return made, translate(err)
}

const selectProjects = `
SELECT ` + projectColumns + ` FROM projects WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3`

// Projects lists the projects of an organization with ids above a given one.
func (s *Store) Projects(ctx context.Context, organizationID, after int64, limit int) ([]DirectoryProject, error) {
	return collect[DirectoryProject](ctx, s, selectProjects, organizationID, after, limit)
}

const selectProject = `SELECT ` + projectColumns + ` FROM projects WHERE id = $1`

// DirectoryProject reads one project; a NotFound fault says that there is none.
func (s *Store) DirectoryProject(ctx context.Context, id int64) (DirectoryProject, error) {
	found, err := collect[DirectoryProject](ctx, s, selectProject, id)
	if err != nil {
		return DirectoryProject{}, err
	}
	if len(found) == 0 {
		return DirectoryProject{}, fault.Missing("project", id)
	}
	return found[0], nil
}

const lockProject = selectProject + ` FOR UPDATE`

const updateProject = `
UPDATE projects SET name = $2, platform = $3, settings = $4 WHERE id = $1 RETURNING ` + projectColumns

// UpdateProject changes a project by a function of what it is, so that concurrent changes do not undo one another.
func (s *Store) UpdateProject(ctx context.Context, id int64, change func(*DirectoryProject) error) (DirectoryProject, error) {
	var changed DirectoryProject
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, lockProject, id)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DirectoryProject])
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.Missing("project", id)
		}
		if err := change(&found[0]); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, updateProject, id, found[0].Name, found[0].Platform, found[0].Settings)
		if err != nil {
			return err
		}
		changed, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DirectoryProject])
		return err
	})
	return changed, translate(err)
}

func collect[T any](ctx context.Context, s *Store, statement string, args ...any) ([]T, error) {
	rows, err := s.pool.Query(ctx, statement, args...)
	if err != nil {
		return nil, translate(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	return found, translate(err)
}

package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/search/internal/search"
)

// An organization without projects has one row with nothing in it.
const selectProjects = `
SELECT p.id, p.slug FROM organizations o LEFT JOIN projects p ON p.organization_id = o.id
WHERE o.id = $1
ORDER BY p.id`

// Projects lists the projects of an organization. An unknown organization is NotFound.
func (s *Store) Projects(ctx context.Context, organizationID int64) ([]search.Project, error) {
	rows, err := s.reader.Query(ctx, selectProjects, organizationID)
	if err != nil {
		return nil, s.translate(ctx, err)
	}
	type row struct {
		ID   *int64
		Slug *string
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, s.translate(ctx, err)
	}
	if len(found) == 0 {
		return nil, fault.Missing("organization", organizationID)
	}
	projects := make([]search.Project, 0, len(found))
	for _, r := range found {
		if r.ID != nil {
			projects = append(projects, search.Project{ID: *r.ID, Slug: *r.Slug})
		}
	}
	return projects, nil
}

const selectUnknownEnvironments = `
SELECT name FROM unnest($2::text[]) WITH ORDINALITY AS wanted (name, place)
WHERE NOT EXISTS (SELECT FROM environments e WHERE e.project_id = ANY($1) AND e.name = wanted.name)
ORDER BY place`

// UnknownEnvironments lists those of the names that no project has.
func (s *Store) UnknownEnvironments(ctx context.Context, projectIDs []int64, names []string) ([]string, error) {
	rows, err := s.reader.Query(ctx, selectUnknownEnvironments, projectIDs, names)
	if err != nil {
		return nil, s.translate(ctx, err)
	}
	unknown, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return unknown, s.translate(ctx, err)
}

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/postgres"
)

// Team is a group of users that owns projects.
type Team struct {
	OrganizationID int64
	ID             string
	Slug           string
	Name           string
	CreatedAt      time.Time
	Version        int64
	MemberIDs      []string
	ProjectIDs     []int64
}

const teamColumns = `t.organization_id, t.id, t.slug, t.name, t.created_at, t.version,
    ARRAY (SELECT user_id FROM team_members m WHERE m.organization_id = t.organization_id AND m.team_id = t.id ORDER BY user_id COLLATE "C"),
    ARRAY (SELECT project_id FROM team_projects p WHERE p.organization_id = t.organization_id AND p.team_id = t.id ORDER BY project_id)`

const selectTeam = `SELECT ` + teamColumns + ` FROM teams t WHERE t.organization_id = $1 AND t.id = $2`

const lockTeam = `SELECT FROM teams WHERE organization_id = $1 AND id = $2 FOR UPDATE`

const insertTeam = `INSERT INTO teams (organization_id, id, slug, name, created_at) VALUES ($1, $2, $3, $4, $5)`

// CreateTeam makes a team with its members and projects.
func (s *Store) CreateTeam(ctx context.Context, wanted Team) (made Team, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertTeam, wanted.OrganizationID, wanted.ID, wanted.Slug, wanted.Name, wanted.CreatedAt)
		if postgres.IsForeignKeyViolation(err) {
			return fault.Missing("organization", wanted.OrganizationID)
		}
		if err != nil {
			return err
		}
		made, err = setTeam(ctx, tx, Team{}, wanted)
		return err
	})
	return made, teamError(err, wanted)
}

func teamError(err error, t Team) error {
	switch {
	case postgres.IsUniqueViolation(err, "teams_key"):
		return fault.Taken("team", t.ID)
	case postgres.IsUniqueViolation(err, "teams_slug"):
		return fault.Taken("team", t.Slug)
	}
	return translate(err)
}

// Team reads one team; a NotFound fault says that there is none.
func (s *Store) Team(ctx context.Context, organizationID int64, id string) (Team, error) {
	found, err := collect[Team](ctx, s, selectTeam, organizationID, id)
	if err == nil && len(found) == 0 {
		err = fault.Missing("team", id)
	}
	if err != nil {
		return Team{}, err
	}
	return found[0], nil
}

const selectTeams = `
SELECT ` + teamColumns + ` FROM teams t
WHERE t.organization_id = $1 AND t.id COLLATE "C" > $2
  AND ($3 = '' OR EXISTS (SELECT FROM team_members m WHERE m.organization_id = $1 AND m.team_id = t.id AND m.user_id = $3))
  AND ($4 = 0 OR EXISTS (SELECT FROM team_projects p WHERE p.organization_id = $1 AND p.team_id = t.id AND p.project_id = $4))
ORDER BY t.id COLLATE "C" LIMIT $5`

// Teams lists teams of an organization with ids above a given one; only those with a member or a project, where these
// are not empty.
func (s *Store) Teams(ctx context.Context, organizationID int64, after, memberID string, projectID int64, limit int) ([]Team, error) {
	return collect[Team](ctx, s, selectTeams, organizationID, after, memberID, projectID, limit)
}

// UpdateTeam changes a team by a function of what it is. A NotFound fault says that there is none.
func (s *Store) UpdateTeam(ctx context.Context, organizationID int64, id string, change func(*Team) error) (changed Team, err error) {
	var wanted Team
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockTeam, organizationID, id); err != nil {
			return err
		}
		current, err := one[Team](ctx, tx, selectTeam, organizationID, id)
		if err == pgx.ErrNoRows { //nolint:errorlint // given bare
			return fault.Missing("team", id)
		}
		if err != nil {
			return err
		}
		wanted = current
		if err := change(&wanted); err != nil {
			return err
		}
		changed, err = setTeam(ctx, tx, current, wanted)
		return err
	})
	return changed, teamError(err, wanted)
}

const updateTeam = `
UPDATE teams SET slug = $3, name = $4, version = CASE WHEN $5 THEN version ELSE version + 1 END WHERE organization_id = $1 AND id = $2`

const deleteOtherMembers = `DELETE FROM team_members WHERE organization_id = $1 AND team_id = $2 AND user_id <> ALL ($3)`

const insertMembers = `
INSERT INTO team_members (organization_id, team_id, user_id) SELECT $1, $2, user_id FROM unnest($3::text[]) AS m (user_id)
ON CONFLICT DO NOTHING`

const deleteOtherProjects = `DELETE FROM team_projects WHERE organization_id = $1 AND team_id = $2 AND project_id <> ALL ($3)`

const insertTeamProjects = `
INSERT INTO team_projects (organization_id, team_id, project_id) SELECT $1, $2, project_id FROM unnest($3::bigint[]) AS p (project_id)
ON CONFLICT DO NOTHING`

// setTeam gives a team that is locked its new state. What it had needs no check again.
func setTeam(ctx context.Context, tx pgx.Tx, current, wanted Team) (Team, error) {
	if err := checkMembers(ctx, tx, wanted, current.MemberIDs); err != nil {
		return Team{}, err
	}
	if err := checkProjects(ctx, tx, wanted); err != nil {
		return Team{}, err
	}
	members, projects := append([]string{}, wanted.MemberIDs...), append([]int64{}, wanted.ProjectIDs...)
	isNew := current.ID == ""
	batch := &pgx.Batch{}
	batch.Queue(updateTeam, wanted.OrganizationID, wanted.ID, wanted.Slug, wanted.Name, isNew)
	batch.Queue(deleteOtherMembers, wanted.OrganizationID, wanted.ID, members)
	batch.Queue(insertMembers, wanted.OrganizationID, wanted.ID, members)
	batch.Queue(deleteOtherProjects, wanted.OrganizationID, wanted.ID, projects)
	batch.Queue(insertTeamProjects, wanted.OrganizationID, wanted.ID, projects)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return Team{}, err
	}
	return one[Team](ctx, tx, selectTeam, wanted.OrganizationID, wanted.ID)
}

// Rows of users are held, so that none goes while it becomes a member.
const selectUsersOf = `SELECT id FROM users WHERE organization_id = $1 AND id = ANY ($2) ORDER BY id FOR KEY SHARE`

const hasUsers = `SELECT EXISTS (SELECT FROM users WHERE organization_id = $1)`

func checkMembers(ctx context.Context, tx pgx.Tx, wanted Team, had []string) error {
	var keepsUsers bool
	if err := tx.QueryRow(ctx, hasUsers, wanted.OrganizationID).Scan(&keepsUsers); err != nil || !keepsUsers {
		return err
	}
	ids, err := column[string](ctx, tx, selectUsersOf, wanted.OrganizationID, wanted.MemberIDs)
	if err != nil {
		return err
	}
	known := setOf(append(ids, had...))
	return eachKnown("member_ids", "a user", wanted.MemberIDs, known)
}

const selectProjectsOf = `SELECT id FROM projects WHERE organization_id = $1 AND id = ANY ($2)`

func checkProjects(ctx context.Context, tx pgx.Tx, wanted Team) error {
	ids, err := column[int64](ctx, tx, selectProjectsOf, wanted.OrganizationID, wanted.ProjectIDs)
	if err != nil {
		return err
	}
	return eachKnown("project_ids", "a project", wanted.ProjectIDs, setOf(ids))
}

func eachKnown[T comparable](field, what string, ids []T, known map[T]bool) error {
	for i, id := range ids {
		if !known[id] {
			return fault.InvalidField(fmt.Sprintf("team.%s[%d]", field, i), "%v is not %s of the organization", id, what)
		}
	}
	return nil
}

func setOf[T comparable](ids []T) map[T]bool {
	set := make(map[T]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

const deleteTeam = `DELETE FROM teams WHERE organization_id = $1 AND id = $2`

// DeleteTeam takes a team out of the directory.
func (s *Store) DeleteTeam(ctx context.Context, organizationID int64, id string) error {
	tag, err := s.pool.Exec(ctx, deleteTeam, organizationID, id)
	if err == nil && tag.RowsAffected() == 0 {
		err = fault.Missing("team", id)
	}
	return translate(err)
}

// column reads rows of one value.
func column[T any](ctx context.Context, from queryer, statement string, args ...any) ([]T, error) {
	rows, err := from.Query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

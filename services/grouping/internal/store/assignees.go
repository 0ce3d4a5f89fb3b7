package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// One user has an id, or failing that a name or an address. A project that no team has is everybody's.
const selectAssignableUser = `
SELECT EXISTS (SELECT FROM users WHERE organization_id = p.organization_id) AS keeps_users, coalesce(u.id, ''),
       NOT EXISTS (SELECT FROM team_projects o WHERE o.project_id = p.id)
       OR EXISTS (SELECT FROM team_projects o JOIN team_members m ON m.organization_id = o.organization_id AND m.team_id = o.team_id
                  WHERE o.project_id = p.id AND m.user_id = coalesce(u.id, $2)) AS is_member
FROM projects p
LEFT JOIN LATERAL (
    SELECT id FROM users u WHERE u.organization_id = p.organization_id
    AND (u.id = $2 OR $3 AND u.username <> '' AND lower(u.username) = lower($2) OR $3 AND u.email <> '' AND lower(u.email) = lower($2))
    ORDER BY u.id <> $2, lower(u.username) <> lower($2) LIMIT 1
) u ON true
WHERE p.id = $1`

const selectAssignableTeam = `
SELECT EXISTS (SELECT FROM teams WHERE organization_id = p.organization_id) AS keeps_teams,
       EXISTS (SELECT FROM teams t WHERE t.organization_id = p.organization_id AND t.id = $2) AS exists,
       EXISTS (SELECT FROM team_projects o WHERE o.project_id = p.id AND o.team_id = $2) AS has_project,
       ARRAY (SELECT user_id FROM team_members m WHERE m.organization_id = p.organization_id AND m.team_id = $2)
FROM projects p WHERE p.id = $1`

// Assignee finds whom a text names, `user:ID`, `team:ID`, or a user's id, name or address, and whether issues of a project
// can be assigned to them. A violation says why not. Where an organization keeps its users or teams elsewhere, any id is
// one. A change of the directory right afterwards is as if it had come after the assignment.
func (s *Store) Assignee(ctx context.Context, projectID int64, text string) (grouping.Assignee, *fault.Violation, error) {
	if id, isTeam := strings.CutPrefix(text, "team:"); isTeam {
		return s.assignedTeam(ctx, projectID, id)
	}
	id, exactly := strings.CutPrefix(text, "user:")
	var keepsUsers, isMember bool
	var found string
	err := s.pool.QueryRow(ctx, selectAssignableUser, projectID, id, !exactly).Scan(&keepsUsers, &found, &isMember)
	switch {
	case err != nil:
		return grouping.Assignee{}, nil, projectError(err, projectID)
	case keepsUsers && found == "":
		return refuseAssignee("there is no user %q in the organization", id)
	case !isMember:
		return refuseAssignee("user %q is in no team that has project %d", id, projectID)
	case found == "":
		found = id
	}
	return grouping.Assignee{Who: "user:" + found, UserIDs: []string{found}}, nil, nil
}

func (s *Store) assignedTeam(ctx context.Context, projectID int64, id string) (grouping.Assignee, *fault.Violation, error) {
	var keepsTeams, exists, hasProject bool
	var members []string
	err := s.pool.QueryRow(ctx, selectAssignableTeam, projectID, id).Scan(&keepsTeams, &exists, &hasProject, &members)
	switch {
	case err != nil:
		return grouping.Assignee{}, nil, projectError(err, projectID)
	case keepsTeams && !exists:
		return refuseAssignee("there is no team %q in the organization", id)
	case keepsTeams && !hasProject:
		return refuseAssignee("team %q does not have project %d", id, projectID)
	}
	return grouping.Assignee{Who: "team:" + id, UserIDs: members}, nil, nil
}

func refuseAssignee(format string, args ...any) (grouping.Assignee, *fault.Violation, error) {
	return grouping.Assignee{}, &fault.Violation{Field: "issue.assignee", Description: fmt.Sprintf(format, args...)}, nil
}

func projectError(err error, projectID int64) error {
	if err == pgx.ErrNoRows { //nolint:errorlint // Scan gives it bare
		return fault.Missing("project", projectID)
	}
	return translate(err)
}

const selectSelfAssign = `
SELECT u.self_assign_issue FROM projects p JOIN users u ON u.organization_id = p.organization_id WHERE p.id = $1 AND u.id = $2`

// SelfAssigns says whether a user gets the issues of a project that they resolve.
func (s *Store) SelfAssigns(ctx context.Context, projectID int64, userID string) (bool, error) {
	var wants bool
	err := s.pool.QueryRow(ctx, selectSelfAssign, projectID, userID).Scan(&wants)
	if err == pgx.ErrNoRows { //nolint:errorlint // Scan gives it bare
		return false, nil
	}
	if err != nil || !wants {
		return false, translate(err)
	}
	return s.IsMember(ctx, projectID, userID)
}

// IsMember says whether a user is a member of a project.
func (s *Store) IsMember(ctx context.Context, projectID int64, userID string) (bool, error) {
	_, violation, err := s.Assignee(ctx, projectID, "user:"+userID)
	return violation == nil, err
}

package server

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// CreateTeam makes a team.
func (d *Directory) CreateTeam(ctx context.Context, req *groupingv1.CreateTeamRequest) (*groupingv1.CreateTeamResponse, error) {
	made, err := d.createTeam(ctx, req.GetTeam())
	return &groupingv1.CreateTeamResponse{Team: made}, err
}

func (d *Directory) createTeam(ctx context.Context, m *groupingv1.Team) (*groupingv1.Team, error) {
	if m.GetSlug() == "" {
		return nil, fault.InvalidField("team.slug", "is required")
	}
	return teamResult(d.store.CreateTeam(ctx, d.teamFromProto(m)))
}

// GetTeam reads a team.
func (d *Directory) GetTeam(ctx context.Context, req *groupingv1.GetTeamRequest) (*groupingv1.GetTeamResponse, error) {
	found, err := teamResult(d.store.Team(ctx, req.GetOrganizationId(), req.GetTeamId()))
	return &groupingv1.GetTeamResponse{Team: found}, err
}

// ListTeams lists the teams of an organization by id.
func (d *Directory) ListTeams(ctx context.Context, req *groupingv1.ListTeamsRequest) (*groupingv1.ListTeamsResponse, error) {
	page, err := pageOf[string](pagetoken.Bind(req), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	if _, err := d.store.Organization(ctx, req.GetOrganizationId()); err != nil {
		return nil, err
	}
	found, err := d.store.Teams(ctx, req.GetOrganizationId(), page.after, req.GetMemberId(), req.GetProjectId(), page.limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListTeamsResponse{}
	found, resp.NextPageToken, err = cutPage(page, found, func(t store.Team) string { return t.ID })
	for _, t := range found {
		resp.Teams = append(resp.Teams, teamToProto(t))
	}
	return resp, err
}

// UpdateTeam changes the fields of a team that the mask names.
func (d *Directory) UpdateTeam(ctx context.Context, req *groupingv1.UpdateTeamRequest) (*groupingv1.UpdateTeamResponse, error) {
	if err := namesFields(req.GetUpdateMask(), req.GetAllowMissing()); err != nil {
		return nil, err
	}
	wanted, paths := d.teamFromProto(req.GetTeam()), req.GetUpdateMask().GetPaths()
	if err := applyTeamMask(&store.Team{}, wanted, paths); err != nil {
		return nil, err
	}
	changed, err := teamResult(d.store.UpdateTeam(ctx, wanted.OrganizationID, wanted.ID, func(t *store.Team) error {
		if err := checkEtag(req.GetTeam().GetEtag(), t.Version); err != nil {
			return err
		}
		return applyTeamMask(t, wanted, paths)
	}))
	if fault.KindOf(err) == fault.NotFound && req.GetAllowMissing() {
		changed, err = d.createTeam(ctx, req.GetTeam())
	}
	return &groupingv1.UpdateTeamResponse{Team: changed}, err
}

func applyTeamMask(t *store.Team, wanted store.Team, paths []string) error {
	for _, path := range paths {
		switch path {
		case "slug":
			if t.Slug = wanted.Slug; t.Slug == "" {
				return fault.InvalidField("team.slug", "is required")
			}
		case "name":
			t.Name = wanted.Name
		case "member_ids":
			t.MemberIDs = wanted.MemberIDs
		case "project_ids":
			t.ProjectIDs = wanted.ProjectIDs
		default:
			return fault.InvalidField("update_mask", "%q cannot be changed; expected slug, name, member_ids or project_ids", path)
		}
	}
	t.Name = nameOr(t.Name, t.Slug)
	return nil
}

// DeleteTeam takes a team out of the directory.
func (d *Directory) DeleteTeam(ctx context.Context, req *groupingv1.DeleteTeamRequest) (*groupingv1.DeleteTeamResponse, error) {
	return &groupingv1.DeleteTeamResponse{}, d.store.DeleteTeam(ctx, req.GetOrganizationId(), req.GetTeamId())
}

// AddTeamMembers adds members to a team.
func (d *Directory) AddTeamMembers(ctx context.Context, req *groupingv1.AddTeamMembersRequest) (*groupingv1.AddTeamMembersResponse, error) {
	changed, err := teamResult(d.store.UpdateTeam(ctx, req.GetOrganizationId(), req.GetTeamId(), func(t *store.Team) error {
		t.MemberIDs = with(t.MemberIDs, req.GetMemberIds())
		return nil
	}))
	return &groupingv1.AddTeamMembersResponse{Team: changed}, err
}

// RemoveTeamMembers takes members out of a team.
func (d *Directory) RemoveTeamMembers(ctx context.Context, req *groupingv1.RemoveTeamMembersRequest) (*groupingv1.RemoveTeamMembersResponse, error) {
	changed, err := teamResult(d.store.UpdateTeam(ctx, req.GetOrganizationId(), req.GetTeamId(), func(t *store.Team) error {
		t.MemberIDs = without(t.MemberIDs, req.GetMemberIds())
		return nil
	}))
	return &groupingv1.RemoveTeamMembersResponse{Team: changed}, err
}

// AddTeamProjects gives projects to a team.
func (d *Directory) AddTeamProjects(ctx context.Context, req *groupingv1.AddTeamProjectsRequest) (*groupingv1.AddTeamProjectsResponse, error) {
	changed, err := teamResult(d.store.UpdateTeam(ctx, req.GetOrganizationId(), req.GetTeamId(), func(t *store.Team) error {
		t.ProjectIDs = with(t.ProjectIDs, req.GetProjectIds())
		return nil
	}))
	return &groupingv1.AddTeamProjectsResponse{Team: changed}, err
}

// RemoveTeamProjects takes projects from a team.
func (d *Directory) RemoveTeamProjects(ctx context.Context, req *groupingv1.RemoveTeamProjectsRequest) (*groupingv1.RemoveTeamProjectsResponse, error) {
	changed, err := teamResult(d.store.UpdateTeam(ctx, req.GetOrganizationId(), req.GetTeamId(), func(t *store.Team) error {
		t.ProjectIDs = without(t.ProjectIDs, req.GetProjectIds())
		return nil
	}))
	return &groupingv1.RemoveTeamProjectsResponse{Team: changed}, err
}

// with puts more behind a list. What stands twice in it is kept once by the store.
func with[T any](list, more []T) []T { return append(slices.Clip(list), more...) }

func without[T comparable](list, less []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return slices.Contains(less, v) })
}

func (d *Directory) teamFromProto(m *groupingv1.Team) store.Team {
	return store.Team{
		OrganizationID: m.GetOrganizationId(), ID: m.GetId(), Slug: m.GetSlug(), Name: nameOr(clean(m.GetName()), m.GetSlug()),
		MemberIDs: m.GetMemberIds(), ProjectIDs: m.GetProjectIds(), CreatedAt: d.now(),
	}
}

func teamResult(t store.Team, err error) (*groupingv1.Team, error) {
	if err != nil {
		return nil, err
	}
	return teamToProto(t), nil
}

func teamToProto(t store.Team) *groupingv1.Team {
	return &groupingv1.Team{
		Id: t.ID, OrganizationId: t.OrganizationID, Slug: t.Slug, Name: t.Name, MemberIds: t.MemberIDs, ProjectIds: t.ProjectIDs,
		CreateTime: timestamppb.New(t.CreatedAt), Etag: strconv.FormatInt(t.Version, 10),
	}
}

package server_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

func TestDirectoryRefusesWhatIsTakenMissingOrMalformed(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	organization := func(slug string, id *int64) error {
		_, err := r.CreateOrganization(t.Context(), &groupingv1.CreateOrganizationRequest{Slug: slug, OrganizationId: id})
		return err
	}
	project := func(organizationID int64, slug string, id *int64) error {
		_, err := r.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: organizationID, Slug: slug, ProjectId: id})
		return err
	}
	for name, tc := range map[string]struct {
		err  error
		want codes.Code
	}{
		"an organization's slug":        {organization("acme", nil), codes.AlreadyExists},
		"an organization's id":          {organization("other", proto.Int64(1)), codes.AlreadyExists},
		"a slug with capitals":          {organization("Acme", nil), codes.InvalidArgument},
		"a project's slug":              {project(1, "backend", nil), codes.AlreadyExists},
		"a project's id":                {project(1, "frontend", proto.Int64(1)), codes.AlreadyExists},
		"a project of no organization":  {project(77, "frontend", nil), codes.NotFound},
		"a project without an id above": {project(1, "frontend", proto.Int64(-1)), codes.InvalidArgument},
		// The ids that Picket chooses go on from there.
		"the last id of an organization": {organization("last", proto.Int64(math.MaxInt64)), codes.InvalidArgument},
		"the last id of a project":       {project(1, "last", proto.Int64(math.MaxInt64)), codes.InvalidArgument},
	} {
		if got := status.Code(tc.err); got != tc.want {
			t.Errorf("%s: %v, want %v", name, tc.err, tc.want)
		}
	}
	for _, slug := range []string{"next", "largest"} {
		if err := organization(slug, nil); err != nil {
			t.Errorf("an id after the chosen one: %v", err)
		}
		if err := project(1, slug, nil); err != nil {
			t.Errorf("an id after the chosen one: %v", err)
		}
		const largest = 1<<53 - 1
		if err := errors.Join(organization("wants-"+slug, proto.Int64(largest)), project(1, "wants-"+slug, proto.Int64(largest))); slug == "next" && err != nil {
			t.Error(err)
		}
	}
}

func TestProjectsAreListedInPages(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	for i := range 4 {
		if _, err := r.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: 1, Slug: fmt.Sprintf("p%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	var slugs []string
	for request := (&groupingv1.ListProjectsRequest{OrganizationId: 1, PageSize: 2}); ; {
		resp, err := r.ListProjects(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range resp.GetProjects() {
			slugs = append(slugs, p.GetSlug())
		}
		if request.PageToken = resp.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if got := fmt.Sprint(slugs); got != "[backend p0 p1 p2 p3]" {
		t.Errorf("listed %s", got)
	}
}

func TestUpdateProjectChangesWhatTheMaskNames(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, &groupingv1.ProjectSettings{ResolveAgeHours: proto.Int32(24), SafeFields: []string{"token"}})
	update := func(p *groupingv1.Project, paths ...string) (*groupingv1.Project, error) {
		p.Id = 1
		resp, err := r.UpdateProject(t.Context(), &groupingv1.UpdateProjectRequest{Project: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
		return resp.GetProject(), err
	}
	changed, err := update(&groupingv1.Project{
		Name: "Backend", Platform: "go", Settings: &groupingv1.ProjectSettings{SafeFields: []string{"id"}},
	}, "name", "settings.safe_fields", "settings.resolve_age_hours")
	if err != nil {
		t.Fatal(err)
	}
	if changed.GetName() != "Backend" || changed.GetPlatform() != "" || changed.GetSettings().GetSafeFields()[0] != "id" || changed.GetSettings().ResolveAgeHours != nil {
		t.Errorf("changed to %v", changed)
	}
	for name, tc := range map[string]struct {
		paths []string
		p     *groupingv1.Project
	}{
		"no field":                   {nil, &groupingv1.Project{}},
		"a field that cannot change": {[]string{"slug"}, &groupingv1.Project{}},
		"a setting that is not":      {[]string{"settings.x"}, &groupingv1.Project{}},
		"a type that is not":         {[]string{"settings"}, &groupingv1.Project{Settings: &groupingv1.ProjectSettings{EnabledTypes: []int32{3}}}},
	} {
		if _, err := update(tc.p, tc.paths...); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAMaskWithoutFieldsIsRefused(t *testing.T) {
	t.Parallel()
	r := newInstallation(t).replica(t)
	r.project(t, nil)
	r.people(t)
	user := func(allowMissing bool) error {
		_, err := r.UpdateUser(t.Context(), &groupingv1.UpdateUserRequest{
			User: &groupingv1.User{OrganizationId: 1, Id: "dora"}, UpdateMask: mask(), AllowMissing: allowMissing,
		})
		return err
	}
	_, ofOrganization := r.UpdateOrganization(t.Context(), &groupingv1.UpdateOrganizationRequest{
		Organization: &groupingv1.Organization{Id: 1, Name: "A"}, UpdateMask: mask(),
	})
	_, ofTeam := r.UpdateTeam(t.Context(), &groupingv1.UpdateTeamRequest{Team: &groupingv1.Team{OrganizationId: 1, Id: "core", Slug: "core"}, UpdateMask: mask()})
	_, ofRelease := r.UpdateRelease(t.Context(), &groupingv1.UpdateReleaseRequest{Release: &groupingv1.Release{ProjectId: 1, Version: "1"}, UpdateMask: mask()})
	for name, err := range map[string]error{"organization": ofOrganization, "user": user(false), "team": ofTeam, "release": ofRelease} {
		if v := violations(err); len(v) != 1 || v[0].GetField() != "update_mask" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := user(true); err != nil {
		t.Errorf("a user who is to be made when missing: %v", err)
	}
}

func TestAnOrganizationEnablesTypesForItsProjects(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, &groupingv1.ProjectSettings{EnabledTypes: []int32{6001}})
	change := func(o *groupingv1.Organization, path string) (*groupingv1.Organization, error) {
		resp, err := r.UpdateOrganization(t.Context(), &groupingv1.UpdateOrganizationRequest{Organization: o, UpdateMask: mask(path)})
		return resp.GetOrganization(), err
	}
	changed, err := change(&groupingv1.Organization{Id: 1, EnabledTypes: []int32{7001, 1016}}, "enabled_types")
	if err != nil || changed.GetName() != "acme" || !slices.Equal(changed.GetEnabledTypes(), []int32{7001, 1016}) {
		t.Errorf("changed to %v: %v", changed, err)
	}
	got, err := r.GetProject(t.Context(), &groupingv1.GetProjectRequest{ProjectId: 1})
	if err != nil || !slices.Equal(got.GetProject().GetOrganizationEnabledTypes(), []int32{7001, 1016}) ||
		!slices.Equal(got.GetProject().GetSettings().GetEnabledTypes(), []int32{6001}) {
		t.Errorf("the project is %v: %v", got, err)
	}
	if changed, err = change(&groupingv1.Organization{Id: 1, Name: "Acme"}, "name"); err != nil || changed.GetName() != "Acme" || len(changed.GetEnabledTypes()) != 2 {
		t.Errorf("renamed to %v: %v", changed, err)
	}
	if changed, err = change(&groupingv1.Organization{Id: 1}, "enabled_types"); err != nil || len(changed.GetEnabledTypes()) != 0 {
		t.Errorf("emptied to %v: %v", changed, err)
	}
	for name, c := range map[string]struct {
		organization *groupingv1.Organization
		path         string
		want         codes.Code
	}{
		"no type":         {&groupingv1.Organization{Id: 1, EnabledTypes: []int32{3}}, "enabled_types", codes.InvalidArgument},
		"a type twice":    {&groupingv1.Organization{Id: 1, EnabledTypes: []int32{7001, 7001}}, "enabled_types", codes.InvalidArgument},
		"slugs stay":      {&groupingv1.Organization{Id: 1, Slug: "b"}, "slug", codes.InvalidArgument},
		"no organization": {&groupingv1.Organization{Id: 9, Name: "b"}, "name", codes.NotFound},
	} {
		if _, err := change(c.organization, c.path); status.Code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

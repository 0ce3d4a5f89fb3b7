package server_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

// The database keeps every character but NUL, in whose place U+FFFD is kept: no text of a caller is the database's error.
func TestNULInTextsIsReplaced(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	const with, kept = "a\x00b", "a\uFFFDb"

	organization, err := r.CreateOrganization(t.Context(), &groupingv1.CreateOrganizationRequest{Slug: "other", Name: with})
	if got := organization.GetOrganization().GetName(); got != kept {
		t.Errorf("an organization's name is %q: %v", got, err)
	}
	made, err := r.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{
		OrganizationId: 1, Slug: "frontend", ProjectId: proto.Int64(2), Name: with, Platform: with,
		Settings: &groupingv1.ProjectSettings{
			SafeFields: []string{with}, FingerprintRules: "type:" + with + " -> x", StackRules: "function:" + with + " -app",
		},
	})
	p := made.GetProject()
	if err != nil || p.GetName() != kept || p.GetPlatform() != kept || p.GetSettings().GetSafeFields()[0] != kept ||
		p.GetSettings().GetFingerprintRules() != "type:"+kept+" -> x" || p.GetSettings().GetStackRules() != "function:"+kept+" -app" {
		t.Errorf("the project is %v: %v", p, err)
	}
	changed, err := r.UpdateProject(t.Context(), &groupingv1.UpdateProjectRequest{
		Project: &groupingv1.Project{Id: 1, Name: with, Platform: with}, UpdateMask: mask("name", "platform"),
	})
	if got := changed.GetProject(); err != nil || got.GetName() != kept || got.GetPlatform() != kept {
		t.Errorf("the project changed to %v: %v", got, err)
	}
	release := &groupingv1.Release{ProjectId: 1, Version: with}
	if _, err := r.CreateRelease(t.Context(), &groupingv1.CreateReleaseRequest{Release: release}); err != nil {
		t.Error(err)
	}
	found, err := r.GetRelease(t.Context(), &groupingv1.GetReleaseRequest{ProjectId: 1, Version: with})
	if got := found.GetRelease().GetVersion(); got != kept {
		t.Errorf("the release is %q: %v", got, err)
	}
	if _, err := r.DeleteRelease(t.Context(), &groupingv1.DeleteReleaseRequest{ProjectId: 1, Version: with}); err != nil {
		t.Error(err)
	}
	if _, err := r.ListTeams(t.Context(), &groupingv1.ListTeamsRequest{OrganizationId: 1, MemberId: with}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("teams of a member whose id no one can have: %v", err)
	}
}

func TestNULInChangesIsNoErrorOfTheDatabase(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	id := r.makeGroups(t, "a")[0]
	const with = "a\x00b"
	resolved := func(details *issuesv1.StatusDetails) *issuesv1.Issue {
		return &issuesv1.Issue{Status: issuesv1.Status_STATUS_RESOLVED, StatusDetails: details}
	}
	for name, c := range map[string]struct {
		wanted *issuesv1.Issue
		paths  []string
		want   codes.Code
	}{
		"release": {
			resolved(&issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InRelease{InRelease: with}}),
			[]string{"status", "status_details"},
			codes.NotFound,
		},
		"commit": {resolved(&issuesv1.StatusDetails{Resolution: &issuesv1.StatusDetails_InCommit{
			InCommit: &issuesv1.CommitReference{Repository: with, CommitId: with},
		}}), []string{"status", "status_details"}, codes.OK},
		"owner": {
			&issuesv1.Issue{SuggestedOwners: []*issuesv1.SuggestedOwner{{Source: 1, Owner: "user:" + with}}},
			[]string{"suggested_owners"},
			codes.InvalidArgument,
		},
	} {
		resp, err := r.UpdateGroups(as(t, "user:1"), &groupingv1.UpdateGroupsRequest{
			Selections: selections(id), Issue: c.wanted, UpdateMask: mask(c.paths...),
		})
		got := status.Code(err)
		if err == nil {
			got = codes.Code(resp.GetResults()[0].GetError().GetCode())
		}
		if got != c.want {
			t.Errorf("%s: %v, %v, want %v", name, resp, err, c.want)
		}
	}
}

func TestChangesKeepToTheLimitsOfMaking(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	long := strings.Repeat("x", 256)
	project := func(p *groupingv1.Project, path string) func(context.Context) error {
		return func(ctx context.Context) error {
			p.Id = 1
			_, err := r.UpdateProject(ctx, &groupingv1.UpdateProjectRequest{Project: p, UpdateMask: mask(path)})
			return err
		}
	}
	for name, change := range map[string]func(context.Context) error{
		"organization's name": func(ctx context.Context) error {
			_, err := r.UpdateOrganization(ctx, &groupingv1.UpdateOrganizationRequest{
				Organization: &groupingv1.Organization{Id: 1, Name: long}, UpdateMask: mask("name"),
			})
			return err
		},
		"name":       project(&groupingv1.Project{Name: long}, "name"),
		"platform":   project(&groupingv1.Project{Platform: long}, "platform"),
		"safe field": project(&groupingv1.Project{Settings: &groupingv1.ProjectSettings{SafeFields: []string{long}}}, "settings.safe_fields"),
	} {
		if err := change(t.Context()); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
)

func (r replica) user(t *testing.T, u *groupingv1.User) *groupingv1.User {
	t.Helper()
	u.OrganizationId = 1
	resp, err := r.CreateUser(t.Context(), &groupingv1.CreateUserRequest{User: u})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetUser()
}

func (r replica) team(t *testing.T, team *groupingv1.Team) *groupingv1.Team {
	t.Helper()
	team.OrganizationId = 1
	resp, err := r.CreateTeam(t.Context(), &groupingv1.CreateTeamRequest{Team: team})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetTeam()
}

func TestUsersAreMadeChangedListedAndDeleted(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	ann := r.user(t, &groupingv1.User{Id: "idp|ann", Name: "Ann", Email: "ann@acme.test", Username: "ann"})
	want := &groupingv1.User{
		Id: "idp|ann", OrganizationId: 1, Name: "Ann", Email: "ann@acme.test", Username: "ann", CreateTime: timestamppb.New(now), Etag: "1",
	}
	if diff := cmp.Diff(want, ann, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	r.user(t, &groupingv1.User{Id: "bob"})
	r.user(t, &groupingv1.User{Id: "Carl"})
	r.team(t, &groupingv1.Team{Id: "t", Slug: "t", MemberIds: []string{"idp|ann", "bob"}})

	change := &groupingv1.UpdateUserRequest{User: &groupingv1.User{Id: "idp|ann", OrganizationId: 1, Name: "Anna", Etag: "1"}, UpdateMask: mask("name")}
	changed, err := r.UpdateUser(t.Context(), change)
	if err != nil || changed.GetUser().GetName() != "Anna" || changed.GetUser().GetEmail() != "ann@acme.test" {
		t.Errorf("changed to %v: %v", changed, err)
	}
	if _, err := r.UpdateUser(t.Context(), change); status.Code(err) != codes.Aborted {
		t.Errorf("an old etag answers %v", err)
	}
	var ids []string
	for req := (&groupingv1.ListUsersRequest{OrganizationId: 1, PageSize: 2}); ; {
		resp, err := r.ListUsers(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range resp.GetUsers() {
			ids = append(ids, u.GetId())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if got := strings.Join(ids, " "); got != "Carl bob idp|ann" {
		t.Errorf("listed %s", got)
	}
	if _, err := r.DeleteUser(t.Context(), &groupingv1.DeleteUserRequest{OrganizationId: 1, UserId: "idp|ann"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.GetUser(t.Context(), &groupingv1.GetUserRequest{OrganizationId: 1, UserId: "idp|ann"}); status.Code(err) != codes.NotFound {
		t.Errorf("the deleted one answers %v", err)
	}
	left, err := r.GetTeam(t.Context(), &groupingv1.GetTeamRequest{OrganizationId: 1, TeamId: "t"})
	if err != nil || strings.Join(left.GetTeam().GetMemberIds(), " ") != "bob" {
		t.Errorf("the team has %v: %v", left.GetTeam().GetMemberIds(), err)
	}
}

func TestTeamsHaveMembersAndProjects(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	for _, id := range []string{"ann", "bob"} {
		r.user(t, &groupingv1.User{Id: id})
	}
	made := r.team(t, &groupingv1.Team{Id: "T-1", Slug: "core", MemberIds: []string{"bob", "ann", "bob"}, ProjectIds: []int64{1}})
	want := &groupingv1.Team{
		Id: "T-1", OrganizationId: 1, Slug: "core", Name: "core", MemberIds: []string{"ann", "bob"}, ProjectIds: []int64{1},
		CreateTime: timestamppb.New(now), Etag: "1",
	}
	if diff := cmp.Diff(want, made, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if _, err := r.RemoveTeamMembers(t.Context(), &groupingv1.RemoveTeamMembersRequest{OrganizationId: 1, TeamId: "T-1", MemberIds: []string{"ann", "nobody"}}); err != nil {
		t.Error(err)
	}
	if _, err := r.RemoveTeamProjects(t.Context(), &groupingv1.RemoveTeamProjectsRequest{OrganizationId: 1, TeamId: "T-1", ProjectIds: []int64{1}}); err != nil {
		t.Error(err)
	}
	if _, err := r.AddTeamProjects(t.Context(), &groupingv1.AddTeamProjectsRequest{OrganizationId: 1, TeamId: "T-1", ProjectIds: []int64{1, 1}}); err != nil {
		t.Error(err)
	}
	rename := &groupingv1.Team{Id: "T-1", OrganizationId: 1, Slug: "kernel", Name: "Kernel"}
	changed, err := r.UpdateTeam(t.Context(), &groupingv1.UpdateTeamRequest{Team: rename, UpdateMask: mask("slug", "name")})
	if err != nil {
		t.Fatal(err)
	}
	want = &groupingv1.Team{
		Id: "T-1", OrganizationId: 1, Slug: "kernel", Name: "Kernel", MemberIds: []string{"bob"}, ProjectIds: []int64{1},
		CreateTime: timestamppb.New(now), Etag: "5",
	}
	if diff := cmp.Diff(want, changed.GetTeam(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	r.team(t, &groupingv1.Team{Id: "T-2", Slug: "other"})
	for name, tc := range map[string]struct {
		req  *groupingv1.ListTeamsRequest
		want int
	}{
		"all":              {&groupingv1.ListTeamsRequest{OrganizationId: 1}, 2},
		"those of bob":     {&groupingv1.ListTeamsRequest{OrganizationId: 1, MemberId: "bob"}, 1},
		"those of ann":     {&groupingv1.ListTeamsRequest{OrganizationId: 1, MemberId: "ann"}, 0},
		"of the project":   {&groupingv1.ListTeamsRequest{OrganizationId: 1, ProjectId: 1}, 1},
		"of another":       {&groupingv1.ListTeamsRequest{OrganizationId: 1, ProjectId: 2}, 0},
		"the first of all": {&groupingv1.ListTeamsRequest{OrganizationId: 1, PageSize: 1}, 1},
	} {
		resp, err := r.ListTeams(t.Context(), tc.req)
		if err != nil || len(resp.GetTeams()) != tc.want {
			t.Errorf("%s: %d teams, want %d: %v", name, len(resp.GetTeams()), tc.want, err)
		}
	}
	if _, err := r.DeleteTeam(t.Context(), &groupingv1.DeleteTeamRequest{OrganizationId: 1, TeamId: "T-1"}); err != nil {
		t.Error(err)
	}
	if _, err := r.DeleteTeam(t.Context(), &groupingv1.DeleteTeamRequest{OrganizationId: 1, TeamId: "T-1"}); status.Code(err) != codes.NotFound {
		t.Errorf("deleted again: %v", err)
	}
}

func TestPeopleThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	other, err := r.CreateOrganization(t.Context(), &groupingv1.CreateOrganizationRequest{Slug: "other"})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := r.CreateProject(t.Context(), &groupingv1.CreateProjectRequest{OrganizationId: other.GetOrganization().GetId(), Slug: "foreign"})
	if err != nil {
		t.Fatal(err)
	}
	r.team(t, &groupingv1.Team{Id: "early", Slug: "early", MemberIds: []string{"elsewhere"}}) // there are no users yet
	r.user(t, &groupingv1.User{Id: "ann", Username: "ann", Email: "ann@acme.test"})
	user := func(u *groupingv1.User) error {
		_, err := r.CreateUser(t.Context(), &groupingv1.CreateUserRequest{User: u})
		return err
	}
	team := func(team *groupingv1.Team) error {
		team.OrganizationId = 1
		_, err := r.CreateTeam(t.Context(), &groupingv1.CreateTeamRequest{Team: team})
		return err
	}
	update := func(path string) error {
		_, err := r.UpdateTeam(t.Context(), &groupingv1.UpdateTeamRequest{Team: &groupingv1.Team{Id: "early", OrganizationId: 1}, UpdateMask: mask(path)})
		return err
	}
	for name, tc := range map[string]struct {
		err  error
		want codes.Code
	}{
		"an id that is taken":             {user(&groupingv1.User{Id: "ann", OrganizationId: 1}), codes.AlreadyExists},
		"a name that is taken":            {user(&groupingv1.User{Id: "b", OrganizationId: 1, Username: "ANN"}), codes.AlreadyExists},
		"an address that is taken":        {user(&groupingv1.User{Id: "b", OrganizationId: 1, Email: "Ann@acme.test"}), codes.AlreadyExists},
		"the same in another":             {user(&groupingv1.User{Id: "ann", OrganizationId: other.GetOrganization().GetId(), Username: "ann"}), codes.OK},
		"an id with a space":              {user(&groupingv1.User{Id: "a b", OrganizationId: 1}), codes.InvalidArgument},
		"no id":                           {user(&groupingv1.User{OrganizationId: 1}), codes.InvalidArgument},
		"no such organization":            {user(&groupingv1.User{Id: "a", OrganizationId: 99}), codes.NotFound},
		"a name that cannot be stored":    {user(&groupingv1.User{Id: "c", OrganizationId: 1, Name: "a\x00"}), codes.OK},
		"a team with an id that is taken": {team(&groupingv1.Team{Id: "early", Slug: "new"}), codes.AlreadyExists},
		"a slug that is taken":            {team(&groupingv1.Team{Id: "new", Slug: "early"}), codes.AlreadyExists},
		"no slug":                         {team(&groupingv1.Team{Id: "new"}), codes.InvalidArgument},
		"a member that is no user":        {team(&groupingv1.Team{Id: "new", Slug: "new", MemberIds: []string{"ann", "nobody"}}), codes.InvalidArgument},
		"a project of others":             {team(&groupingv1.Team{Id: "new", Slug: "new", ProjectIds: []int64{foreign.GetProject().GetId()}}), codes.InvalidArgument},
		"a field that cannot change":      {update("create_time"), codes.InvalidArgument},
		"a slug taken away":               {update("slug"), codes.InvalidArgument},
	} {
		if got := status.Code(tc.err); got != tc.want {
			t.Errorf("%s: %v, want %v", name, tc.err, tc.want)
		}
	}
}

func TestWhatIsMissingIsMadeWhenThatIsAllowed(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	r := in.replica(t)
	r.project(t, nil)
	for _, allow := range []bool{false, true, true} {
		want := codes.NotFound
		if allow {
			want = codes.OK
		}
		_, err := r.UpdateUser(t.Context(), &groupingv1.UpdateUserRequest{
			User: &groupingv1.User{Id: "ann", OrganizationId: 1, Name: "Ann"}, UpdateMask: mask("name"), AllowMissing: allow,
		})
		if status.Code(err) != want {
			t.Errorf("a user, allowed %v: %v", allow, err)
		}
		_, err = r.UpdateTeam(t.Context(), &groupingv1.UpdateTeamRequest{
			Team: &groupingv1.Team{Id: "t", OrganizationId: 1, Slug: "t"}, UpdateMask: mask("slug"), AllowMissing: allow,
		})
		if status.Code(err) != want {
			t.Errorf("a team, allowed %v: %v", allow, err)
		}
		_, err = r.UpdateRelease(t.Context(), &groupingv1.UpdateReleaseRequest{
			Release: &groupingv1.Release{ProjectId: 1, Version: "a@1"}, UpdateMask: mask("commits"), AllowMissing: allow,
		})
		if status.Code(err) != want {
			t.Errorf("a release, allowed %v: %v", allow, err)
		}
	}
}

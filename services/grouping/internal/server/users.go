package server

import (
	"context"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// CreateUser makes a user.
func (d *Directory) CreateUser(ctx context.Context, req *groupingv1.CreateUserRequest) (*groupingv1.CreateUserResponse, error) {
	made, err := d.store.CreateUser(ctx, d.userFromProto(req.GetUser()))
	if err != nil {
		return nil, err
	}
	return &groupingv1.CreateUserResponse{User: userToProto(made)}, nil
}

// GetUser reads a user.
func (d *Directory) GetUser(ctx context.Context, req *groupingv1.GetUserRequest) (*groupingv1.GetUserResponse, error) {
	found, err := d.store.User(ctx, req.GetOrganizationId(), req.GetUserId())
	if err != nil {
		return nil, err
	}
	return &groupingv1.GetUserResponse{User: userToProto(found)}, nil
}

// ListUsers lists the users of an organization by id.
func (d *Directory) ListUsers(ctx context.Context, req *groupingv1.ListUsersRequest) (*groupingv1.ListUsersResponse, error) {
	page, err := pageOf[string](pagetoken.Bind(req), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	if _, err := d.store.Organization(ctx, req.GetOrganizationId()); err != nil {
		return nil, err
	}
	found, err := d.store.Users(ctx, req.GetOrganizationId(), page.after, page.limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListUsersResponse{}
	found, resp.NextPageToken, err = cutPage(page, found, func(u store.User) string { return u.ID })
	for _, u := range found {
		resp.Users = append(resp.Users, userToProto(u))
	}
	return resp, err
}

// UpdateUser changes the fields of a user that the mask names.
func (d *Directory) UpdateUser(ctx context.Context, req *groupingv1.UpdateUserRequest) (*groupingv1.UpdateUserResponse, error) {
	if err := namesFields(req.GetUpdateMask(), req.GetAllowMissing()); err != nil {
		return nil, err
	}
	wanted := d.userFromProto(req.GetUser())
	if err := applyUserMask(&store.User{}, wanted, req.GetUpdateMask().GetPaths()); err != nil {
		return nil, err
	}
	changed, err := d.store.UpdateUser(ctx, wanted.OrganizationID, wanted.ID, func(u *store.User) error {
		if err := checkEtag(req.GetUser().GetEtag(), u.Version); err != nil {
			return err
		}
		return applyUserMask(u, wanted, req.GetUpdateMask().GetPaths())
	})
	if fault.KindOf(err) == fault.NotFound && req.GetAllowMissing() {
		changed, err = d.store.CreateUser(ctx, wanted)
	}
	if err != nil {
		return nil, err
	}
	return &groupingv1.UpdateUserResponse{User: userToProto(changed)}, nil
}

func applyUserMask(u *store.User, wanted store.User, paths []string) error {
	for _, path := range paths {
		switch path {
		case "name":
			u.Name = wanted.Name
		case "email":
			u.Email = wanted.Email
		case "username":
			u.Username = wanted.Username
		case "self_assign_issue":
			u.SelfAssign = wanted.SelfAssign
		default:
			return fault.InvalidField("update_mask", "%q cannot be changed; expected name, email, username or self_assign_issue", path)
		}
	}
	return nil
}

// DeleteUser takes a user out of the directory.
func (d *Directory) DeleteUser(ctx context.Context, req *groupingv1.DeleteUserRequest) (*groupingv1.DeleteUserResponse, error) {
	return &groupingv1.DeleteUserResponse{}, d.store.DeleteUser(ctx, req.GetOrganizationId(), req.GetUserId())
}

func (d *Directory) userFromProto(m *groupingv1.User) store.User {
	return store.User{
		OrganizationID: m.GetOrganizationId(), ID: m.GetId(), Username: clean(m.GetUsername()), Name: clean(m.GetName()),
		Email: clean(m.GetEmail()), CreatedAt: d.now(), SelfAssign: m.GetSelfAssignIssue(),
	}
}

// clean replaces the one character that the database does not keep.
func clean(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }

func userToProto(u store.User) *groupingv1.User {
	return &groupingv1.User{
		Id: u.ID, OrganizationId: u.OrganizationID, Name: u.Name, Email: u.Email, Username: u.Username,
		CreateTime: timestamppb.New(u.CreatedAt), Etag: strconv.FormatInt(u.Version, 10),
		SelfAssignIssue: u.SelfAssign,
	}
}

// checkEtag lets any version pass when there is no etag.
func checkEtag(etag string, version int64) error {
	if etag == "" || etag == strconv.FormatInt(version, 10) {
		return nil
	}
	return &fault.Error{Kind: fault.Aborted, Reason: grouping.ReasonEtagMismatch, Message: "it has changed since its etag was read"}
}

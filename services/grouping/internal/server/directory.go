package server

import (
	"context"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// Directory is the DirectoryService. RPCs that it does not have yet answer UNIMPLEMENTED.
type Directory struct {
	groupingv1.UnimplementedDirectoryServiceServer
	store *store.Store
}

var _ groupingv1.DirectoryServiceServer = (*Directory)(nil)

// NewDirectory makes the service.
func NewDirectory(s *store.Store) *Directory { return &Directory{store: s} }

// CreateOrganization makes an organization.
func (d *Directory) CreateOrganization(ctx context.Context, req *groupingv1.CreateOrganizationRequest) (*groupingv1.CreateOrganizationResponse, error) {
	made, err := d.store.CreateOrganization(ctx, req.OrganizationId, req.GetSlug(), nameOr(req.GetName(), req.GetSlug()))
	if err != nil {
		return nil, err
	}
	return &groupingv1.CreateOrganizationResponse{Organization: organizationToProto(made)}, nil
}

// GetOrganization reads an organization.
func (d *Directory) GetOrganization(ctx context.Context, req *groupingv1.GetOrganizationRequest) (*groupingv1.GetOrganizationResponse, error) {
	found, err := d.store.Organization(ctx, req.GetOrganizationId())
	if err != nil {
		return nil, err
	}
	return &groupingv1.GetOrganizationResponse{Organization: organizationToProto(found)}, nil
}

// ListOrganizations lists organizations by id.
func (d *Directory) ListOrganizations(ctx context.Context, req *groupingv1.ListOrganizationsRequest) (*groupingv1.ListOrganizationsResponse, error) {
	binding := pagetoken.Bind(req)
	after, limit, err := pageOf(binding, req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	found, err := d.store.Organizations(ctx, after, limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListOrganizationsResponse{}
	if len(found) > limit {
		found = found[:limit]
		if resp.NextPageToken, err = pagetoken.Encode(binding, found[limit-1].ID); err != nil {
			return nil, err
		}
	}
	for _, o := range found {
		resp.Organizations = append(resp.Organizations, organizationToProto(o))
	}
	return resp, nil
}

// ListProjects lists the projects of an organization by id.
func (d *Directory) ListProjects(ctx context.Context, req *groupingv1.ListProjectsRequest) (*groupingv1.ListProjectsResponse, error) {
	binding := pagetoken.Bind(req)
	after, limit, err := pageOf(binding, req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	if _, err := d.store.Organization(ctx, req.GetOrganizationId()); err != nil {
		return nil, err
	}
	found, err := d.store.Projects(ctx, req.GetOrganizationId(), after, limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListProjectsResponse{}
	if len(found) > limit {
		found = found[:limit]
		if resp.NextPageToken, err = pagetoken.Encode(binding, found[limit-1].ID); err != nil {
			return nil, err
		}
	}
	for _, p := range found {
		project, err := projectToProto(p)
		if err != nil {
			return nil, err
		}
		resp.Projects = append(resp.Projects, project)
	}
	return resp, nil
}

// pageOf gives the id after which a page begins and its size.
func pageOf(binding pagetoken.Binding, token string, size int32) (after int64, limit int, err error) {
	limit = defaultPageSize
	if size > 0 {
		limit = min(int(size), maxPageSize)
	}
	if token != "" {
		after, err = pagetoken.Decode[int64](binding, token)
	}
	return after, limit, err
}

func nameOr(name, slug string) string {
	if name == "" {
		return slug
	}
	return name
}

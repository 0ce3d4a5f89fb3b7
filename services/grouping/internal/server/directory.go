package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/grouping/internal/lifecycle"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// Directory is the DirectoryService.
type Directory struct {
	groupingv1.UnimplementedDirectoryServiceServer
	store     *store.Store
	lifecycle *lifecycle.Lifecycle
	now       func() time.Time
}

var _ groupingv1.DirectoryServiceServer = (*Directory)(nil)

// NewDirectory makes the service.
func NewDirectory(s *store.Store, l *lifecycle.Lifecycle, now func() time.Time) *Directory {
	return &Directory{store: s, lifecycle: l, now: now}
}

// CreateOrganization makes an organization.
func (d *Directory) CreateOrganization(ctx context.Context, req *groupingv1.CreateOrganizationRequest) (*groupingv1.CreateOrganizationResponse, error) {
	made, err := d.store.CreateOrganization(ctx, req.OrganizationId, req.GetSlug(), nameOr(clean(req.GetName()), req.GetSlug()))
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
	page, err := pageOf[int64](pagetoken.Bind(req), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	found, err := d.store.Organizations(ctx, page.after, page.limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListOrganizationsResponse{}
	found, resp.NextPageToken, err = cutPage(page, found, func(o store.Organization) int64 { return o.ID })
	for _, o := range found {
		resp.Organizations = append(resp.Organizations, organizationToProto(o))
	}
	return resp, err
}

// UpdateOrganization changes the fields of an organization that the mask names.
func (d *Directory) UpdateOrganization(ctx context.Context, req *groupingv1.UpdateOrganizationRequest) (*groupingv1.UpdateOrganizationResponse, error) {
	if err := namesFields(req.GetUpdateMask(), false); err != nil {
		return nil, err
	}
	changed, err := d.store.UpdateOrganization(ctx, req.GetOrganization().GetId(), func(o *store.Organization) error {
		return applyOrganizationMask(o, req)
	})
	if err != nil {
		return nil, err
	}
	return &groupingv1.UpdateOrganizationResponse{Organization: organizationToProto(changed)}, nil
}

// namesFields refuses a mask that would change nothing, unless the call is to make what is missing.
func namesFields(mask *fieldmaskpb.FieldMask, allowMissing bool) error {
	if len(mask.GetPaths()) == 0 && !allowMissing {
		return fault.InvalidField("update_mask", "names no field")
	}
	return nil
}

func applyOrganizationMask(o *store.Organization, req *groupingv1.UpdateOrganizationRequest) error {
	for _, path := range req.GetUpdateMask().GetPaths() {
		switch path {
		case "name":
			o.Name = nameOr(clean(req.GetOrganization().GetName()), o.Slug)
		case "enabled_types":
			if err := checkTypes("organization.enabled_types", req.GetOrganization().GetEnabledTypes()); err != nil {
				return err
			}
			o.EnabledTypes = append([]int32{}, req.GetOrganization().GetEnabledTypes()...) // never NULL
		default:
			return fault.InvalidField("update_mask", "%q cannot be changed; expected name or enabled_types", path)
		}
	}
	return nil
}

// ListProjects lists the projects of an organization by id.
func (d *Directory) ListProjects(ctx context.Context, req *groupingv1.ListProjectsRequest) (*groupingv1.ListProjectsResponse, error) {
	page, err := pageOf[int64](pagetoken.Bind(req), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	if _, err := d.store.Organization(ctx, req.GetOrganizationId()); err != nil {
		return nil, err
	}
	found, err := d.store.Projects(ctx, req.GetOrganizationId(), page.after, page.limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListProjectsResponse{}
	found, resp.NextPageToken, err = cutPage(page, found, func(p store.DirectoryProject) int64 { return p.ID })
	if err != nil {
		return nil, err
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

func nameOr(name, slug string) string {
	if name == "" {
		return slug
	}
	return name
}

package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/hashing"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// CreateProject makes a project.
func (d *Directory) CreateProject(ctx context.Context, req *groupingv1.CreateProjectRequest) (*groupingv1.CreateProjectResponse, error) {
	settings, err := settingsToJSON(pinned(req.GetSettings(), hashing.First.Name), nil)
	if err != nil {
		return nil, err
	}
	made, err := d.store.CreateProject(ctx, req.ProjectId, store.DirectoryProject{
		OrganizationID: req.GetOrganizationId(), Slug: req.GetSlug(), Name: nameOr(clean(req.GetName()), req.GetSlug()),
		Platform: clean(req.GetPlatform()), Settings: settings,
	})
	if err != nil {
		return nil, err
	}
	project, err := projectToProto(made)
	return &groupingv1.CreateProjectResponse{Project: project}, err
}

// GetProject reads a project.
func (d *Directory) GetProject(ctx context.Context, req *groupingv1.GetProjectRequest) (*groupingv1.GetProjectResponse, error) {
	found, err := d.store.DirectoryProject(ctx, req.GetProjectId())
	if err != nil {
		return nil, err
	}
	project, err := projectToProto(found)
	return &groupingv1.GetProjectResponse{Project: project}, err
}

// UpdateProject changes the fields of a project that the mask names.
func (d *Directory) UpdateProject(ctx context.Context, req *groupingv1.UpdateProjectRequest) (*groupingv1.UpdateProjectResponse, error) {
	if err := namesFields(req.GetUpdateMask(), false); err != nil {
		return nil, err
	}
	changed, err := d.store.UpdateProject(ctx, req.GetProject().GetId(), func(p *store.DirectoryProject) error {
		return applyProjectMask(p, req, d.now())
	})
	if err != nil {
		return nil, err
	}
	project, err := projectToProto(changed)
	return &groupingv1.UpdateProjectResponse{Project: project}, err
}

func applyProjectMask(p *store.DirectoryProject, req *groupingv1.UpdateProjectRequest, now time.Time) error {
	before, err := settingsFromJSON(p.Settings)
	if err != nil {
		return err
	}
	current := proto.CloneOf(before)
	for _, path := range req.GetUpdateMask().GetPaths() {
		switch {
		case path == "name":
			p.Name = nameOr(clean(req.GetProject().GetName()), p.Slug)
		case path == "platform":
			p.Platform = clean(req.GetProject().GetPlatform())
		case path == "settings":
			current = inTransition(pinned(req.GetProject().GetSettings(), before.GetHashAlgorithm()), before)
		case strings.HasPrefix(path, "settings."):
			name := strings.TrimPrefix(path, "settings.")
			if err := copySetting(current, req.GetProject().GetSettings(), name); err != nil {
				return err
			}
			if text, isTyped := strings.CutPrefix(name, "typed_"); isTyped && !slices.Contains(req.GetUpdateMask().GetPaths(), "settings."+text) {
				if err := copySetting(current, &groupingv1.ProjectSettings{}, text); err != nil { // not what the caller means
					return err
				}
			}
		default:
			return fault.InvalidField("update_mask", "%q cannot be changed; expected name, platform, settings or a field below settings", path)
		}
	}
	beginTransition(current, before, now)
	p.Settings, err = settingsToJSON(current, before)
	return fault.Renamed(err, func(field string) string { return "project." + field })
}

// copySetting sets one field to its new value, or clears it when the new value is absent.
func copySetting(to, from *groupingv1.ProjectSettings, name string) error {
	field := to.ProtoReflect().Descriptor().Fields().ByTextName(name)
	if field == nil {
		return fault.InvalidField("update_mask", "settings has no field %q", name)
	}
	if from.ProtoReflect().Has(field) {
		to.ProtoReflect().Set(field, from.ProtoReflect().Get(field))
	} else {
		to.ProtoReflect().Clear(field)
	}
	return nil
}

// settingsToJSON checks settings and writes them; before are those that the project has.
func settingsToJSON(settings, before *groupingv1.ProjectSettings) ([]byte, error) {
	settings = proto.CloneOf(settings)
	settings.FingerprintRules, settings.StackRules = clean(settings.GetFingerprintRules()), clean(settings.GetStackRules())
	for i, field := range settings.GetSafeFields() {
		settings.SafeFields[i] = clean(field)
	}
	if err := keepRulesAsText(settings, before); err != nil {
		return nil, err
	}
	if err := checkTypes("settings.enabled_types", settings.GetEnabledTypes()); err != nil {
		return nil, err
	}
	if err := checkRules(settings); err != nil {
		return nil, err
	}
	return protojson.Marshal(settings)
}

func checkTypes(field string, ids []int32) error {
	for i, id := range ids {
		if _, ok := issue.TypeByID(id); !ok {
			return fault.InvalidField(fmt.Sprintf("%s[%d]", field, i), "%d is not the id of a type", id)
		}
	}
	return nil
}

func settingsFromJSON(raw []byte) (*groupingv1.ProjectSettings, error) {
	settings := &groupingv1.ProjectSettings{}
	// Fields of a newer version are left out rather than refused: replicas of two versions run side by side.
	return settings, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(raw, settings)
}

func projectToProto(p store.DirectoryProject) (*groupingv1.Project, error) {
	settings, err := settingsFromJSON(p.Settings)
	if err != nil {
		return nil, fmt.Errorf("settings of project %d: %w", p.ID, err)
	}
	return &groupingv1.Project{
		Id: p.ID, OrganizationId: p.OrganizationID, Slug: p.Slug, Name: p.Name, Platform: p.Platform,
		CreateTime: timestamppb.New(p.CreatedAt), Settings: withTypedRules(settings),
		OrganizationEnabledTypes: p.OrganizationTypes,
	}, nil
}

func organizationToProto(o store.Organization) *groupingv1.Organization {
	return &groupingv1.Organization{
		Id: o.ID, Slug: o.Slug, Name: o.Name, CreateTime: timestamppb.New(o.CreatedAt), EnabledTypes: o.EnabledTypes,
	}
}

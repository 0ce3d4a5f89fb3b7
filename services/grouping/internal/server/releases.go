package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// CreateRelease makes a release.
func (d *Directory) CreateRelease(ctx context.Context, req *groupingv1.CreateReleaseRequest) (*groupingv1.CreateReleaseResponse, error) {
	if err := checkAdoptions(req.GetRelease().GetAdoptions()); err != nil {
		return nil, err
	}
	made, err := d.store.AnnounceRelease(ctx, d.releaseFromProto(req.GetRelease()))
	if err != nil {
		return nil, err
	}
	d.lifecycle.ReleaseArrived()
	return &groupingv1.CreateReleaseResponse{Release: releaseToProto(made)}, nil
}

// GetRelease reads a release with its commits.
func (d *Directory) GetRelease(ctx context.Context, req *groupingv1.GetReleaseRequest) (*groupingv1.GetReleaseResponse, error) {
	found, err := d.store.Release(ctx, req.GetProjectId(), clean(req.GetVersion()))
	if err != nil {
		return nil, err
	}
	return &groupingv1.GetReleaseResponse{Release: releaseToProto(found)}, nil
}

// ListReleases lists the releases of a project, the latest first.
func (d *Directory) ListReleases(ctx context.Context, req *groupingv1.ListReleasesRequest) (*groupingv1.ListReleasesResponse, error) {
	page, err := pageOf[*store.ReleasePosition](pagetoken.Bind(req), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	if _, err := d.store.DirectoryProject(ctx, req.GetProjectId()); err != nil {
		return nil, err
	}
	found, err := d.store.Releases(ctx, req.GetProjectId(), page.after, page.limit+1)
	if err != nil {
		return nil, err
	}
	resp := &groupingv1.ListReleasesResponse{}
	found, resp.NextPageToken, err = cutPage(page, found, func(r store.Release) *store.ReleasePosition {
		return &store.ReleasePosition{Date: r.Date(), Version: r.Version}
	})
	for _, r := range found {
		resp.Releases = append(resp.Releases, releaseToProto(r))
	}
	return resp, err
}

// UpdateRelease changes the fields of a release that the mask names.
func (d *Directory) UpdateRelease(ctx context.Context, req *groupingv1.UpdateReleaseRequest) (*groupingv1.UpdateReleaseResponse, error) {
	if err := checkAdoptions(req.GetRelease().GetAdoptions()); err != nil {
		return nil, err
	}
	if err := namesFields(req.GetUpdateMask(), req.GetAllowMissing()); err != nil {
		return nil, err
	}
	wanted, paths := d.releaseFromProto(req.GetRelease()), req.GetUpdateMask().GetPaths()
	if err := applyReleaseMask(&store.Release{}, wanted, paths); err != nil {
		return nil, err
	}
	changed, err := d.store.UpdateRelease(ctx, wanted.ProjectID, wanted.Version, func(r *store.Release) error {
		if err := checkEtag(req.GetRelease().GetEtag(), r.Revision); err != nil {
			return err
		}
		return applyReleaseMask(r, wanted, paths)
	})
	if fault.KindOf(err) == fault.NotFound && req.GetAllowMissing() {
		changed, err = d.store.AnnounceRelease(ctx, wanted)
	}
	if err != nil {
		return nil, err
	}
	d.lifecycle.ReleaseArrived()
	return &groupingv1.UpdateReleaseResponse{Release: releaseToProto(changed)}, nil
}

func applyReleaseMask(r *store.Release, wanted store.Release, paths []string) error {
	for _, path := range paths {
		switch path {
		case "release_time":
			r.ReleasedAt = wanted.ReleasedAt
		case "commits":
			r.Commits = wanted.Commits
		case "adoptions":
			r.Adoptions = wanted.Adoptions
		default:
			return fault.InvalidField("update_mask", "%q cannot be changed; expected release_time, commits or adoptions", path)
		}
	}
	return nil
}

// DeleteRelease removes a release that nothing refers to.
func (d *Directory) DeleteRelease(ctx context.Context, req *groupingv1.DeleteReleaseRequest) (*groupingv1.DeleteReleaseResponse, error) {
	return &groupingv1.DeleteReleaseResponse{}, d.store.DeleteRelease(ctx, req.GetProjectId(), clean(req.GetVersion()))
}

func (d *Directory) releaseFromProto(m *groupingv1.Release) store.Release {
	r := store.Release{ProjectID: m.GetProjectId(), Version: clean(m.GetVersion()), CreatedAt: d.now(), ReleasedAt: timeOf(m.GetReleaseTime())}
	for _, commit := range m.GetCommits() {
		r.Commits = append(r.Commits, grouping.Commit{Repository: clean(commit.GetRepository()), ID: clean(commit.GetId())})
	}
	for _, a := range m.GetAdoptions() {
		r.Adoptions = append(r.Adoptions, store.Adoption{
			Environment: clean(a.GetEnvironment()), AdoptedAt: timeOf(a.GetAdoptedTime()), ReplacedAt: timeOf(a.GetReplacedTime()),
		})
	}
	return r
}

func checkAdoptions(adoptions []*groupingv1.ReleaseAdoption) error {
	seen := map[string]bool{}
	for i, a := range adoptions {
		field := fmt.Sprintf("release.adoptions[%d]", i)
		switch {
		case seen[a.GetEnvironment()]:
			return fault.InvalidField(field+".environment", "is there twice")
		case a.GetReplacedTime() != nil && (a.GetAdoptedTime() == nil || a.GetReplacedTime().AsTime().Before(a.GetAdoptedTime().AsTime())):
			return fault.InvalidField(field+".replaced_time", "must come after adopted_time")
		}
		seen[a.GetEnvironment()] = true
	}
	return nil
}

func timeOf(m *timestamppb.Timestamp) *time.Time {
	if m == nil {
		return nil
	}
	at := m.AsTime()
	return &at
}

func releaseToProto(r store.Release) *groupingv1.Release {
	m := &groupingv1.Release{
		ProjectId: r.ProjectID, Version: r.Version, ReleaseTime: optionalTime(r.ReleasedAt), CreateTime: timestamppb.New(r.CreatedAt),
		FirstSeen: optionalTime(r.FirstSeen), Announced: r.Announced, Etag: strconv.FormatInt(r.Revision, 10),
	}
	for _, commit := range r.Commits {
		m.Commits = append(m.Commits, &groupingv1.Commit{Repository: commit.Repository, Id: commit.ID})
	}
	for _, a := range r.Adoptions {
		m.Adoptions = append(m.Adoptions, &groupingv1.ReleaseAdoption{
			Environment: a.Environment, AdoptedTime: optionalTime(a.AdoptedAt), ReplacedTime: optionalTime(a.ReplacedAt),
		})
	}
	return m
}

func optionalTime(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

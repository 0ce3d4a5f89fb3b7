package server

import (
	"context"
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
	made, err := d.store.AnnounceRelease(ctx, d.releaseFromProto(req.GetRelease()))
	if err != nil {
		return nil, err
	}
	d.lifecycle.ReleaseArrived()
	return &groupingv1.CreateReleaseResponse{Release: releaseToProto(made)}, nil
}

// GetRelease reads a release with its commits.
func (d *Directory) GetRelease(ctx context.Context, req *groupingv1.GetReleaseRequest) (*groupingv1.GetReleaseResponse, error) {
	found, err := d.store.Release(ctx, req.GetProjectId(), req.GetVersion())
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
		default:
			return fault.InvalidField("update_mask", "%q cannot be changed; expected release_time or commits", path)
		}
	}
	return nil
}

// DeleteRelease removes a release that nothing refers to.
func (d *Directory) DeleteRelease(ctx context.Context, req *groupingv1.DeleteReleaseRequest) (*groupingv1.DeleteReleaseResponse, error) {
	return &groupingv1.DeleteReleaseResponse{}, d.store.DeleteRelease(ctx, req.GetProjectId(), req.GetVersion())
}

func (d *Directory) releaseFromProto(m *groupingv1.Release) store.Release {
	r := store.Release{ProjectID: m.GetProjectId(), Version: clean(m.GetVersion()), CreatedAt: d.now()}
	if m.GetReleaseTime() != nil {
		at := m.GetReleaseTime().AsTime()
		r.ReleasedAt = &at
	}
	for _, commit := range m.GetCommits() {
		r.Commits = append(r.Commits, grouping.Commit{Repository: clean(commit.GetRepository()), ID: clean(commit.GetId())})
	}
	return r
}

func releaseToProto(r store.Release) *groupingv1.Release {
	m := &groupingv1.Release{
		ProjectId: r.ProjectID, Version: r.Version, ReleaseTime: optionalTime(r.ReleasedAt), CreateTime: timestamppb.New(r.CreatedAt),
		FirstSeen: optionalTime(r.FirstSeen), Announced: r.Announced, Etag: strconv.FormatInt(r.Revision, 10),
	}
	for _, commit := range r.Commits {
		m.Commits = append(m.Commits, &groupingv1.Commit{Repository: commit.Repository, Id: commit.ID})
	}
	return m
}

func optionalTime(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// Package directory looks projects up for the services that take things in. Answers are cached, so that the
// grouping service is not asked for every message.
package directory

import (
	"context"
	"strconv"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
)

const (
	cacheSize   = 10_000
	cacheTime   = 30 * time.Second // how long a change of settings takes to be seen
	missingTime = 2 * time.Second  // how long a new project may be refused by a door that was asked for it before
)

// Project is what the doors need to know of a project.
type Project struct {
	ID                  int64
	OrganizationID      int64
	Slug                string
	EnabledTypes        []int32
	SafeFields          []string
	ExceptionsFromSpans bool
}

// Directory is a cached view of the directory of the grouping service.
type Directory struct {
	client  groupingv1.DirectoryServiceClient
	found   *expirable.LRU[int64, Project]
	missing *expirable.LRU[int64, struct{}]
	calls   singleflight.Group
}

// New makes a directory with an empty cache.
func New(client groupingv1.DirectoryServiceClient) *Directory {
	return &Directory{
		client:  client,
		found:   expirable.NewLRU[int64, Project](cacheSize, nil, cacheTime),
		missing: expirable.NewLRU[int64, struct{}](cacheSize, nil, missingTime),
	}
}

// Project gives a project by id. An unknown one is a NotFound fault; Unavailable means that the directory could
// not be asked.
func (d *Directory) Project(ctx context.Context, id int64) (Project, error) {
	if project, ok := d.found.Get(id); ok {
		return project, nil
	}
	if _, ok := d.missing.Get(id); ok {
		return Project{}, fault.Missing("project", id)
	}
	// The call serves every caller that waits for this project, so it does not end with the first of them.
	result := d.calls.DoChan(strconv.FormatInt(id, 10), func() (any, error) {
		return d.ask(context.WithoutCancel(ctx), id)
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return Project{}, r.Err
		}
		project, _ := r.Val.(Project) // what ask gives
		return project, nil
	case <-ctx.Done():
		return Project{}, ctx.Err()
	}
}

func (d *Directory) ask(ctx context.Context, id int64) (Project, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	resp, err := d.client.GetProject(ctx, &groupingv1.GetProjectRequest{ProjectId: id})
	switch status.Code(err) {
	case codes.OK:
		project := fromProto(resp.GetProject())
		d.found.Add(id, project)
		return project, nil
	case codes.NotFound, codes.InvalidArgument: // an id that no project can have
		d.missing.Add(id, struct{}{})
		return Project{}, fault.Missing("project", id)
	default:
		return Project{}, fault.TryLater(time.Second, err, "the directory of projects cannot be asked")
	}
}

func fromProto(p *groupingv1.Project) Project {
	settings := p.GetSettings()
	project := Project{
		ID: p.GetId(), OrganizationID: p.GetOrganizationId(), Slug: p.GetSlug(),
		EnabledTypes: settings.GetEnabledTypes(), SafeFields: settings.GetSafeFields(), ExceptionsFromSpans: true,
	}
	if settings != nil && settings.ExceptionsFromSpans != nil {
		project.ExceptionsFromSpans = settings.GetExceptionsFromSpans()
	}
	return project
}

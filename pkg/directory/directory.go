// Package directory looks projects up for the services that take things in. Answers are cached, so that the
// grouping service is not asked for every message.
package directory

import (
	"context"
	"slices"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/fault"
)

const (
	cacheSize   = 10_000
	timeout     = 10 * time.Second
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
	now     func() time.Time
	answers *lru.Cache[int64, answer]
	calls   singleflight.Group
}

// answer is what the grouping service said of an id, good until a time.
type answer struct {
	project Project
	exists  bool
	until   time.Time
}

// New makes a directory with an empty cache.
func New(client groupingv1.DirectoryServiceClient, now func() time.Time) *Directory {
	answers, err := lru.New[int64, answer](cacheSize)
	if err != nil {
		panic(err) // the size is positive
	}
	return &Directory{client: client, now: now, answers: answers}
}

// Project gives a project by id. An unknown one is a NotFound fault; Unavailable means that the directory could not
// be asked, and ctx's own error that its end came first.
func (d *Directory) Project(ctx context.Context, id int64) (Project, error) {
	if known, ok := d.answers.Get(id); ok && d.now().Before(known.until) {
		return known.give(id)
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
		given, _ := r.Val.(answer) // what ask gives
		return given.give(id)
	case <-ctx.Done():
		return Project{}, ctx.Err()
	}
}

func (a answer) give(id int64) (Project, error) {
	if !a.exists {
		return Project{}, fault.Missing("project", id)
	}
	return a.project, nil
}

func (d *Directory) ask(ctx context.Context, id int64) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	asked := d.now() // an answer is as old as its question
	resp, err := d.client.GetProject(ctx, &groupingv1.GetProjectRequest{ProjectId: id})
	var given answer
	switch status.Code(err) {
	case codes.OK:
		given = answer{project: fromProto(resp.GetProject()), exists: true, until: asked.Add(cacheTime)}
	case codes.NotFound, codes.InvalidArgument: // an id that no project can have
		given = answer{until: asked.Add(missingTime)}
	default:
		return answer{}, fault.TryLater(time.Second, err, "the directory of projects cannot be asked")
	}
	d.answers.Add(id, given)
	return given, nil
}

func fromProto(p *groupingv1.Project) Project {
	settings := p.GetSettings()
	project := Project{
		ID: p.GetId(), OrganizationID: p.GetOrganizationId(), Slug: p.GetSlug(),
		EnabledTypes: slices.Concat(settings.GetEnabledTypes(), p.GetOrganizationEnabledTypes()), SafeFields: settings.GetSafeFields(), ExceptionsFromSpans: true,
	}
	if settings != nil && settings.ExceptionsFromSpans != nil {
		project.ExceptionsFromSpans = settings.GetExceptionsFromSpans()
	}
	return project
}

package directory_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	"github.com/picket-io/picket/pkg/directory"
	"github.com/picket-io/picket/pkg/fault"
)

// grouping answers with its projects or its failure, after its delay, and counts the questions.
type grouping struct {
	groupingv1.DirectoryServiceClient
	projects map[int64]*groupingv1.Project
	failure  error
	delay    time.Duration
	asked    int
}

func (g *grouping) GetProject(ctx context.Context, req *groupingv1.GetProjectRequest, _ ...grpc.CallOption) (*groupingv1.GetProjectResponse, error) {
	g.asked++
	select {
	case <-time.After(g.delay):
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	project, ok := g.projects[req.GetProjectId()]
	switch {
	case g.failure != nil:
		return nil, g.failure
	case req.GetProjectId() <= 0:
		return nil, status.Error(codes.InvalidArgument, "project_id: must be positive")
	case !ok:
		return nil, status.Error(codes.NotFound, "project does not exist")
	}
	return &groupingv1.GetProjectResponse{Project: project}, nil
}

func run(t *testing.T, test func(t *testing.T, g *grouping, d *directory.Directory)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &grouping{projects: map[int64]*groupingv1.Project{7: {Id: 7, Slug: "shop"}}}
		test(t, g, directory.New(g, time.Now))
	})
}

// expect looks a project up and tells what came of it and how often grouping has been asked since the start.
func (g *grouping) expect(t *testing.T, d *directory.Directory, id int64, want error, asked int) {
	t.Helper()
	_, err := d.Project(t.Context(), id)
	if (err == nil) != (want == nil) || err != nil && fault.KindOf(err) != fault.KindOf(want) {
		t.Errorf("project %d: got %v, want %v", id, err, want)
	}
	if g.asked != asked {
		t.Errorf("project %d: grouping was asked %d times, want %d", id, g.asked, asked)
	}
}

var (
	errMissing     = fault.Missing("project", 0)
	errUnavailable = fault.TryLater(0, nil, "")
)

func TestAProjectHasItsSettings(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		off := false
		g.projects[8] = &groupingv1.Project{Id: 8, OrganizationId: 3, Slug: "site", Settings: &groupingv1.ProjectSettings{
			EnabledTypes: []int32{6001}, SafeFields: []string{"card"}, ExceptionsFromSpans: &off,
		}, OrganizationEnabledTypes: []int32{7001}}
		g.projects[9] = &groupingv1.Project{Id: 9, Settings: &groupingv1.ProjectSettings{}}
		for _, want := range []directory.Project{
			{ID: 7, Slug: "shop", ExceptionsFromSpans: true}, // on by default
			{ID: 8, OrganizationID: 3, Slug: "site", EnabledTypes: []int32{6001, 7001}, SafeFields: []string{"card"}},
			{ID: 9, ExceptionsFromSpans: true},
		} {
			got, err := d.Project(t.Context(), want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestAnAnswerIsKeptForHalfAMinute(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		g.expect(t, d, 7, nil, 1)
		<-time.After(30*time.Second - 1)
		g.expect(t, d, 7, nil, 1)
		<-time.After(1)
		g.expect(t, d, 7, nil, 2)
	})
}

func TestAMissingProjectIsAskedForAgainSoon(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		g.expect(t, d, 1, errMissing, 1)
		g.projects[1] = &groupingv1.Project{Id: 1}
		<-time.After(2*time.Second - 1)
		g.expect(t, d, 1, errMissing, 1)
		<-time.After(1)
		g.expect(t, d, 1, nil, 2)
	})
}

func TestIDsThatNoProjectCanHaveAreMissing(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		g.expect(t, d, 0, errMissing, 1)
		g.expect(t, d, -7, errMissing, 2)
		g.expect(t, d, -7, errMissing, 2)
	})
}

func TestAnOutageIsUnavailableAndNotRemembered(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		g.failure = status.Error(codes.Unavailable, "connection refused")
		g.expect(t, d, 7, errUnavailable, 1)
		g.expect(t, d, 7, errUnavailable, 2)
		g.failure = nil
		g.expect(t, d, 7, nil, 3)
		g.failure = status.Error(codes.Unavailable, "connection refused")
		g.expect(t, d, 7, nil, 3) // what is known outlives the outage
	})
}

func TestAGroupingThatHangsIsUnavailable(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		g.delay = time.Hour
		start := time.Now()
		g.expect(t, d, 7, errUnavailable, 1)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestCallersWhoWaitForOneProjectAskOnce(t *testing.T) {
	run(t, func(t *testing.T, g *grouping, d *directory.Directory) {
		g.delay = time.Second
		impatient, leave := context.WithCancel(t.Context())
		errs := make([]error, 3)
		for i, ctx := range []context.Context{impatient, t.Context(), t.Context()} {
			go func() { _, errs[i] = d.Project(ctx, 7) }()
			synctest.Wait() // the impatient one asks, the others wait for its answer
		}
		leave()
		synctest.Wait()
		if !errors.Is(errs[0], context.Canceled) {
			t.Errorf("the one who left got %v", errs[0])
		}
		<-time.After(time.Second)
		synctest.Wait()
		if errs[1] != nil || errs[2] != nil || g.asked != 1 {
			t.Errorf("the others got %v and %v after %d questions", errs[1], errs[2], g.asked)
		}
	})
}

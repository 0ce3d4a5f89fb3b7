package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	groupingv1 "github.com/picket-io/picket/gen/picket/grouping/v1"
	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
)

const (
	callItems = 500
	callers   = 2
	zipf      = 1.1
)

// project is one size that is measured.
type project struct {
	id        int64
	issues    int
	sent      int
	turnItems int
	turns     []time.Duration
}

func (p *project) median() time.Duration {
	sorted := slices.Sorted(slices.Values(p.turns))
	return sorted[len(sorted)/2]
}

func (p *project) rate() float64 { return float64(p.turnItems) / p.median().Seconds() }

// prepare makes a project and its issues.
func (s *service) prepare(ctx context.Context, p *project) error {
	quota := int32(1_000_000) // or most items would be dropped for making too many issues
	_, err := s.directory.CreateProject(ctx, &groupingv1.CreateProjectRequest{
		OrganizationId: 1, Slug: fmt.Sprint("project-", p.id), ProjectId: &p.id, Settings: &groupingv1.ProjectSettings{CreationQuotaPerHour: &quota},
	})
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(uint64(p.id), 1))
	calls := makeCalls(p.issues, func(n int) *groupingv1.Item { return newItem(random, p.id, uint64(n)) })
	_, err = s.send(ctx, p, calls)
	return err
}

// turn sends items of the project's issues. Making them takes no time of it.
func (s *service) turn(ctx context.Context, p *project, items int) error {
	random := rand.New(rand.NewPCG(uint64(p.id), uint64(2+len(p.turns))))
	next := func(int) *groupingv1.Item { return newItem(random, p.id, 0) }
	if p.issues > 1 {
		draw := rand.NewZipf(random, zipf, 1, uint64(p.issues-1))
		next = func(int) *groupingv1.Item { return newItem(random, p.id, draw.Uint64()) }
	}
	took, err := s.send(ctx, p, makeCalls(items, next))
	p.turns, p.turnItems = append(p.turns, took), items
	return err
}

func makeCalls(items int, next func(int) *groupingv1.Item) []*groupingv1.AssignGroupsRequest {
	var calls []*groupingv1.AssignGroupsRequest
	for n := range items {
		if n%callItems == 0 {
			calls = append(calls, &groupingv1.AssignGroupsRequest{})
		}
		last := calls[len(calls)-1]
		last.Items = append(last.Items, next(n))
	}
	return calls
}

func (s *service) send(ctx context.Context, p *project, calls []*groupingv1.AssignGroupsRequest) (time.Duration, error) {
	began := time.Now()
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(callers)
	for _, call := range calls {
		p.sent += len(call.GetItems())
		sending.Go(func() error { return s.call(ctx, call) })
	}
	err := sending.Wait()
	return time.Since(began), err
}

func (s *service) call(ctx context.Context, call *groupingv1.AssignGroupsRequest) error {
	resp, err := s.grouping.AssignGroups(ctx, call)
	if err != nil {
		return err
	}
	for _, result := range resp.GetResults() {
		if result.GetError() != nil {
			return errors.New(result.GetError().GetMessage())
		}
		if outcome := result.GetJudgement().GetOutcome(); outcome != issuesv1.Outcome_OUTCOME_ACCEPTED {
			return fmt.Errorf("an item was judged %s", outcome)
		}
	}
	return nil
}

// checkCount holds what was counted against what was sent.
func (s *service) checkCount(ctx context.Context, projects []*project) error {
	for _, p := range projects {
		var issues, seen, indexed int
		err := s.admin.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM grouping.groups WHERE project_id = $1),
			       (SELECT sum(times_seen) FROM grouping.group_counters WHERE project_id = $1),
			       (SELECT count(*) FROM grouping.event_index WHERE project_id = $1)`, p.id).Scan(&issues, &seen, &indexed)
		if err != nil {
			return err
		}
		if issues != p.issues || seen != p.sent || indexed != p.sent {
			return fmt.Errorf("project %d: %d were sent; %d issues, seen %d times, %d events", p.id, p.sent, issues, seen, indexed)
		}
	}
	return nil
}

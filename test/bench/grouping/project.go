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

type project struct {
	id     int64
	issues int
	sent   int
}

// load is what is measured: items of some issues of a project, which lie between all others.
type load struct {
	*project
	drawn     int // issues that have items
	touched   int // different ones of a call, on average
	turnItems int
	turns     []time.Duration
}

func (l *load) median() time.Duration {
	sorted := slices.Sorted(slices.Values(l.turns))
	return sorted[len(sorted)/2]
}

func (l *load) rate() float64 { return float64(l.turnItems) / l.median().Seconds() }

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

// turn sends items of the load's issues. Making them takes no time of it.
func (s *service) turn(ctx context.Context, l *load, items int) error {
	random := rand.New(rand.NewPCG(uint64(l.id), uint64(2+len(l.turns))))
	draw := func() uint64 { return 0 }
	if l.drawn > 1 {
		draw = rand.NewZipf(random, zipf, 1, uint64(l.drawn-1)).Uint64
	}
	apart := uint64(l.issues / l.drawn)
	calls := makeCalls(items, func(int) *groupingv1.Item { return newItem(random, l.id, draw()*apart) })
	took, err := s.send(ctx, l.project, calls)
	l.turns, l.turnItems, l.touched = append(l.turns, took), items, touched(calls)
	return err
}

// touched is how many issues a call has items of, on average.
func touched(calls []*groupingv1.AssignGroupsRequest) int {
	sum := 0
	for _, call := range calls {
		seen := map[string]bool{}
		for _, item := range call.GetItems() {
			seen[item.GetOccurrence().GetHashes()[0]] = true
		}
		sum += len(seen)
	}
	return sum / len(calls)
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

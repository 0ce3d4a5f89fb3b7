package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

const (
	sweepInterval = 5 * time.Minute
	projectsAPage = 1000
	groupsAStep   = 100  // changed in one transaction
	rowsAStep     = 5000 // removed in one transaction
	erasedFor     = 14 * 24 * time.Hour
)

// Run sweeps at once and then every five minutes, until ctx ends. What fails is left to the next sweep.
func (l *Lifecycle) Run(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		if err := l.Sweep(ctx); err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Sweep does in every project what is due by now. Any number of processes may sweep: each change is made once.
func (l *Lifecycle) Sweep(ctx context.Context) error {
	var errs []error
	for after := int64(0); ; {
		projects, err := l.store.AgingProjects(ctx, after, projectsAPage)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, project := range projects {
			after = project.ProjectID
			err := l.store.Alone(ctx, project.ProjectID, func() error { return l.sweepProject(ctx, project) })
			if err != nil {
				errs = append(errs, fmt.Errorf("sweep of project %d: %w", project.ProjectID, err))
			}
		}
		if len(projects) < projectsAPage || ctx.Err() != nil {
			return errors.Join(errs...)
		}
	}
}

func (l *Lifecycle) sweepProject(ctx context.Context, project store.Aging) error {
	now := l.now()
	return errors.Join(
		l.store.RefreshThreshold(ctx, project.ProjectID, now),
		l.age(ctx, project, now),
		l.finishMoves(ctx, project.ProjectID),
		l.finishErasures(ctx, project.ProjectID),
		l.forget(ctx, project.ProjectID, now.Add(-l.retention), l.store.ForgetStatusChanges),
		l.forget(ctx, project.ProjectID, now.Add(-l.retention), l.store.ForgetOutcomes),
		// A payload lives until its partition is dropped, some days after its retention time.
		l.forget(ctx, project.ProjectID, now.Add(-l.retention-erasedFor), l.store.ForgetErasedEvents),
		// So does the index row of an event that refers to a stack.
		l.forget(ctx, project.ProjectID, now.Add(-l.retention-erasedFor), l.store.ForgetStacks),
		l.forgetUsers(ctx, project.ProjectID, now.Add(-l.retention-erasedFor)),
		l.countEnvironments(ctx, project.ProjectID),
	)
}

// age makes the transitions that are due, a bounded number of groups at a time. A process that dies in between
// leaves the rest to the next sweep.
func (l *Lifecycle) age(ctx context.Context, project store.Aging, now time.Time) error {
	resolveAge := time.Duration(project.ResolveAgeHours) * time.Hour
	for after := int64(0); ; {
		due, err := l.store.Due(ctx, project, after, now, groupsAStep)
		if err != nil || len(due) == 0 {
			return err
		}
		after = due[len(due)-1]
		_, err = l.alter(ctx, store.Alteration{
			ProjectID: project.ProjectID, GroupIDs: due, Now: now,
			Rule: func(state grouping.State) grouping.Effects { return grouping.Age(state, resolveAge, now) },
		})
		if err != nil {
			return err
		}
	}
}

func (l *Lifecycle) forget(
	ctx context.Context, projectID int64, before time.Time, step func(context.Context, int64, time.Time, int) (int64, error),
) error {
	for {
		removed, err := step(ctx, projectID, before, rowsAStep)
		if err != nil || removed < rowsAStep {
			return err
		}
	}
}

func (l *Lifecycle) forgetUsers(ctx context.Context, projectID int64, before time.Time) error {
	for after := int64(0); ; {
		ids, err := l.store.WithOldUsers(ctx, projectID, after, before, groupsAStep)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			after = id
			for removed := rowsAStep; removed == rowsAStep; {
				err := startOver(func() (err error) {
					removed, err = l.store.ForgetUsers(ctx, projectID, id, before, rowsAStep)
					return err
				})
				if err != nil {
					return err
				}
			}
		}
	}
}

func (l *Lifecycle) countEnvironments(ctx context.Context, projectID int64) error {
	for after := int64(0); ; {
		ids, err := l.store.Uncounted(ctx, projectID, after, groupsAStep)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			after = id
			if err := startOver(func() error { return l.store.CountEnvironments(ctx, projectID, id) }); err != nil {
				return err
			}
		}
	}
}

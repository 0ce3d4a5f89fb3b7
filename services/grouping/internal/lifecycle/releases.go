package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

const (
	arrivalsAPage  = 1000
	settleInterval = 10 * time.Second
)

// ReleaseArrived says that there is a release to settle. It does not wait; a process that dies before leaves the release to
// another one.
func (l *Lifecycle) ReleaseArrived() {
	select {
	case l.arrived <- struct{}{}:
	default: // it was said before, and nobody looked yet
	}
}

// RunReleases settles releases when they arrive in this process, and now and then those of others, until ctx ends.
func (l *Lifecycle) RunReleases(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(settleInterval)
	defer ticker.Stop()
	for {
		if err := l.SettleReleases(ctx); err != nil && ctx.Err() == nil {
			onError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.arrived:
		case <-ticker.C:
		}
	}
}

// SettleReleases tells the groups which wait for a release of those that have come. What fails is left to the next call.
func (l *Lifecycle) SettleReleases(ctx context.Context) error {
	for {
		arrivals, err := l.store.Arrivals(ctx, arrivalsAPage)
		if err != nil {
			return err
		}
		var errs []error
		for rest := arrivals; len(rest) > 0; {
			projectID := rest[0].ProjectID
			end := slices.IndexFunc(rest, func(a store.Arrival) bool { return a.ProjectID != projectID })
			if end < 0 {
				end = len(rest)
			}
			if err := l.settle(ctx, projectID, rest[:end]); err != nil {
				errs = append(errs, fmt.Errorf("releases of project %d: %w", projectID, err))
			}
			rest = rest[end:]
		}
		if len(errs) > 0 || len(arrivals) < arrivalsAPage {
			return errors.Join(errs...)
		}
	}
}

func (l *Lifecycle) settle(ctx context.Context, projectID int64, arrivals []store.Arrival) error {
	now := l.now()
	for after := int64(0); ; {
		due, err := l.store.Settleable(ctx, projectID, after, groupsAStep)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			return l.store.Settled(ctx, projectID, arrivals)
		}
		after = due[len(due)-1]
		_, err = l.alter(ctx, store.Alteration{
			ProjectID: projectID, GroupIDs: due, Now: now,
			Rule: func(state grouping.State) grouping.Effects { return grouping.Settle(state, now) },
		})
		if err != nil {
			return err
		}
	}
}

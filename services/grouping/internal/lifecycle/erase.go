package lifecycle

import (
	"context"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

const erasuresAPage = 100

// Erase deletes groups, and with discard drops what has their hashes from now on. They are gone for everybody when
// it returns; a sweep removes their rows.
func (l *Lifecycle) Erase(ctx context.Context, selection Selection, discard bool, actor string, dryRun bool) []Result {
	var erased map[int64]*grouping.Group
	err := startOver(func() (err error) {
		erased, err = l.store.Erase(ctx, store.Erasure{
			ProjectID: selection.ProjectID, GroupIDs: selection.GroupIDs, Discard: discard, Actor: actor, Now: l.now(), DryRun: dryRun,
		})
		return err
	})
	return results(selection, erased, nil, err)
}

// finishErasures removes the rows of groups that were deleted, in bounded steps.
func (l *Lifecycle) finishErasures(ctx context.Context, projectID int64) error {
	for {
		ids, err := l.store.Deleted(ctx, projectID, erasuresAPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			for done := false; !done; {
				if done, err = l.store.EraseStep(ctx, projectID, id, l.eraseStep); err != nil {
					return err
				}
			}
		}
	}
}

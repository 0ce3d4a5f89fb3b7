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
	movesAStep    = 2000 // rows moved in one transaction
	movesAPage    = 100
	movePatience  = 2 * time.Second
	movesInterval = 10 * time.Second
)

// Merge merges groups of one project into the one that was seen most. When it returns, all of them lead there; rows
// that have not moved by then follow.
func (l *Lifecycle) Merge(ctx context.Context, selection Selection, actor string) (primary *grouping.Group, err error) {
	l.moveAWhile(ctx, selection.ProjectID) // an earlier merge of the same groups ends first
	err = startOver(func() error {
		primary, err = l.store.BeginMerge(ctx, store.Merging{
			ProjectID: selection.ProjectID, GroupIDs: selection.GroupIDs, Actor: actor, Now: l.now(),
		})
		return err
	})
	if err == nil {
		l.moveAWhile(ctx, selection.ProjectID)
	}
	return primary, err
}

// Unmerge takes hashes out of a group and gives the group that has them then: the merged one that they came from, if
// they are all that it had, or else a new one.
func (l *Lifecycle) Unmerge(ctx context.Context, projectID, groupID int64, hashes []grouping.Hash, actor string) (id int64, err error) {
	l.moveAWhile(ctx, projectID)
	ids, shortIDs, err := l.store.TakeIDs(ctx, projectID, 1)
	if err != nil {
		return 0, err
	}
	err = startOver(func() error {
		id, err = l.store.BeginUnmerge(ctx, store.Unmerging{
			ProjectID: projectID, GroupID: groupID, Hashes: hashes, NewID: ids[0], ShortID: shortIDs[ids[0]], Actor: actor, Now: l.now(),
		})
		return err
	})
	if err == nil {
		l.moveAWhile(ctx, projectID)
	}
	return id, err
}

// moveAWhile moves what there is to move. What is left, also when this process dies, is moved by RunMoves of any process.
func (l *Lifecycle) moveAWhile(ctx context.Context, projectID int64) {
	ctx, cancel := context.WithTimeout(ctx, l.MovePatience)
	defer cancel()
	if l.finishMoves(ctx, projectID) == nil {
		return
	}
	select {
	case l.begun <- struct{}{}:
	default: // it was said before, and nobody looked yet
	}
}

// RunMoves ends merges that were begun in this process, and now and then those of others, until ctx ends.
func (l *Lifecycle) RunMoves(ctx context.Context, onError func(error)) error {
	ticker := time.NewTicker(movesInterval)
	defer ticker.Stop()
	for {
		if err := l.finishMoves(ctx, 0); err != nil && ctx.Err() == nil {
			onError(fmt.Errorf("merges: %w", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.begun:
		case <-ticker.C:
		}
	}
}

// finishMoves moves rows in bounded steps, of one project or, with 0, of all.
func (l *Lifecycle) finishMoves(ctx context.Context, projectID int64) error {
	for {
		moves, err := l.store.Moves(ctx, projectID, movesAPage)
		if err != nil || len(moves) == 0 {
			return err
		}
		for _, move := range moves {
			if err := l.finishMove(ctx, move); err != nil {
				return err
			}
		}
	}
}

func (l *Lifecycle) finishMove(ctx context.Context, move store.Move) error {
	for {
		done, err := l.store.MoveStep(ctx, move, l.moveStep)
		if err != nil && !errors.Is(err, store.ErrStartOver) || done {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

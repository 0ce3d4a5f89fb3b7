package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Alteration changes groups of one project by a rule.
type Alteration struct {
	ProjectID int64
	GroupIDs  []int64
	Now       time.Time
	Wish      *grouping.StatusWish // what the rule will want to know facts for
	Marks     bool                 // the rule wants to know marks,
	UserID    string               // of this user; empty for nobody's
	DryRun    bool                 // change nothing after all
	Rule      func(grouping.State) grouping.Effects
}

var errDryRun = errors.New("nothing is to be changed")

// Alter locks groups, in the order in which everybody does, shows them to the rule and writes the difference. It
// returns the groups as they are then; those that do not exist are absent.
func (s *Store) Alter(ctx context.Context, a Alteration) (groups map[int64]*grouping.Group, err error) {
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if groups, err = lockAndRead(ctx, tx, a.ProjectID, a.GroupIDs); err != nil {
			return err
		}
		if a.Marks {
			if err := readMarks(ctx, tx, a.ProjectID, groups, a.UserID); err != nil {
				return err
			}
		}
		var facts grouping.Facts
		if err := loadFacts(ctx, tx, a.ProjectID, a.Now, factsForWish(groups, a.Wish), &facts); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		effects := a.Rule(grouping.State{Groups: groups, Facts: facts})
		if err := queueIssues(batch, a.ProjectID, effects); err != nil {
			return err
		}
		queueMarks(batch, a.ProjectID, a.UserID, effects, a.Now)
		if a.DryRun {
			return errDryRun
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return groups, classify(err)
}

func lockAndRead(ctx context.Context, tx pgx.Tx, projectID int64, ids []int64) (groups map[int64]*grouping.Group, err error) {
	batch := &pgx.Batch{}
	batch.Queue(setLockTimeout)
	batch.Queue(lockGroups, projectID, ids)
	// A statement of its own, for the reason that Apply gives.
	batch.Queue(selectGroups, projectID, ids).Query(func(rows pgx.Rows) (err error) {
		groups, err = collectGroups(rows)
		return err
	})
	return groups, tx.SendBatch(ctx, batch).Close()
}

func factsForWish(groups map[int64]*grouping.Group, wish *grouping.StatusWish) wantedFacts {
	wanted := newWantedFacts()
	for id, group := range groups {
		wanted.forFix(id, group.Fix)
		wanted.forWatch(id, group)
		if wish == nil {
			continue
		}
		if wish.Substatus == issue.UntilEscalating {
			wanted.archived = append(wanted.archived, id)
		}
		if wish.Snooze != nil {
			wanted.forSnooze(id, wish.Snooze)
		}
		if wish.Fix != nil {
			wanted.forWish(id, *wish.Fix)
		}
	}
	return wanted
}

func (w *wantedFacts) forWish(id int64, wish grouping.FixWish) {
	w.latest = true
	switch wish.Kind {
	case grouping.InRelease:
		w.releases[wish.Release] = true
	case grouping.InCommit:
		w.commits[id] = wish.Commit
	case grouping.InNextRelease:
		delete(w.after, id)
		w.current = append(slices.Clip(w.current), id)
	}
}

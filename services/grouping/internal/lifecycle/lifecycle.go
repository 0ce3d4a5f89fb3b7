// Package lifecycle changes groups beside the items that are judged: what people and services ask for, and what time
// brings. It locks groups in the order of everybody else and works project by project.
package lifecycle

import (
	"context"
	"errors"
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// attempts is how often a change starts over when it met another one.
const attempts = 5

// Lifecycle changes groups.
type Lifecycle struct {
	// MovePatience is how long a caller waits for rows to move; the rest follows. Tests that look at once have more of it:
	// their machine may be busy.
	MovePatience time.Duration

	store     *store.Store
	retention time.Duration
	now       func() time.Time
	eraseStep int // rows
	moveStep  int // rows
	arrived   chan struct{}
	begun     chan struct{} // merges
}

// New makes a lifecycle in which what was judged is remembered for a retention time.
func New(s *store.Store, retention time.Duration, now func() time.Time) *Lifecycle {
	return &Lifecycle{
		MovePatience: movePatience, store: s, retention: retention, now: func() time.Time { return now().Truncate(time.Microsecond) }, // as times are stored
		eraseStep: rowsAStep, moveStep: movesAStep, arrived: make(chan struct{}, 1), begun: make(chan struct{}, 1),
	}
}

// Selection names groups of one project.
type Selection struct {
	ProjectID int64
	GroupIDs  []int64
}

// Result is what became of one group.
type Result struct {
	ProjectID int64
	GroupID   int64
	Group     *grouping.Group // as it is now; nil when it is gone
	Unchanged bool            // it had been as wanted already
	Err       error           // why it stayed as it was
}

// Update changes groups, each by itself. The groups of one project change together or, where the database does not
// answer, not at all. With dryRun it only says what it would answer.
func (l *Lifecycle) Update(ctx context.Context, selection Selection, change grouping.Change, actor string, dryRun bool) []Result {
	var outcome grouping.Updated
	now := l.now()
	groups, err := l.alter(ctx, store.Alteration{
		ProjectID: selection.ProjectID, GroupIDs: selection.GroupIDs, Now: now, Wish: change.Status, DryRun: dryRun,
		Marks: true, UserID: change.UserID,
		Rule: func(state grouping.State) (effects grouping.Effects) {
			effects, outcome = grouping.Update(state, change, actor, now)
			return effects
		},
	})
	answers := results(selection, groups, outcome.Refused, err)
	for i := range answers {
		answers[i].Unchanged = answers[i].Err == nil && !outcome.Changed[answers[i].GroupID]
	}
	return answers
}

func results(selection Selection, groups map[int64]*grouping.Group, refused map[int64]error, err error) []Result {
	answers := make([]Result, 0, len(selection.GroupIDs))
	for _, id := range selection.GroupIDs {
		answer := Result{ProjectID: selection.ProjectID, GroupID: id, Group: groups[id], Err: err}
		if err == nil {
			answer.Err = refused[id]
			if answer.Group == nil {
				answer.Err = fault.Missing("issue", id)
			}
		}
		answers = append(answers, answer)
	}
	return answers
}

func (l *Lifecycle) alter(ctx context.Context, a store.Alteration) (groups map[int64]*grouping.Group, err error) {
	err = startOver(func() error {
		groups, err = l.store.Alter(ctx, a)
		return err
	})
	return groups, err
}

// startOver tries again what met another change.
func startOver(try func() error) (err error) {
	for range attempts {
		if err = try(); !errors.Is(err, store.ErrStartOver) {
			return err
		}
	}
	return err
}

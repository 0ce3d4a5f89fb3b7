// Package assign judges items: it brings together what the database knows, what Redis allows and what the rules of
// package grouping say, one project at a time.
package assign

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/partition"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/lanes"
	"github.com/picket-io/picket/services/grouping/internal/limits"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// attempts is how often a batch starts over before its items are given back as UNAVAILABLE.
const attempts = 10

var laneLimits = lanes.Limits{Parallel: 8, Items: 1000, Queue: 20_000, Timeout: 30 * time.Second}

// Result is the judgement of one item, or why there is none.
type Result struct {
	Judgement grouping.Judgement
	Project   store.Project
	Err       error
}

// Assigner judges items.
type Assigner struct {
	store   *store.Store
	limits  *limits.Limits
	arrived func() // called when a release was seen for the first time
	metrics *metrics
	log     *slog.Logger
	now     func() time.Time
	hasher  hasher
	memory  memory
	lanes   *lanes.Lanes[int64, grouping.Item, Result]
}

// New makes an assigner.
func New(s *store.Store, l *limits.Limits, arrived func(), log *slog.Logger, now func() time.Time) (*Assigner, error) {
	m, err := newMetrics()
	if err != nil {
		return nil, err
	}
	a := &Assigner{store: s, limits: l, arrived: arrived, metrics: m, log: log, now: now, memory: newMemory()}
	a.lanes = lanes.New(laneLimits, a.judge)
	return a, nil
}

// Items judges an ordered list of items of one project. The results are in the order of the items.
func (a *Assigner) Items(ctx context.Context, projectID int64, items []grouping.Item) ([]Result, error) {
	return a.lanes.Do(ctx, projectID, items)
}

// Run waits until ctx ends and then until everything handed in is judged. Stop the callers first.
func (a *Assigner) Run(ctx context.Context) error {
	<-ctx.Done()
	a.lanes.Wait()
	return nil
}

func (a *Assigner) judge(ctx context.Context, projectID int64, items []grouping.Item) (results []Result) {
	results = make([]Result, len(items))
	defer func() { // a panic here is not inside any call, and would end the process
		if p := recover(); p != nil {
			a.log.ErrorContext(ctx, "panic while judging", "project", projectID, "panic", p, "stack", string(debug.Stack()))
			results = failAll(make([]Result, len(items)), &fault.Error{Kind: fault.Internal, Message: "panic"})
		}
	}()
	var p prepared
	if project, ok := a.memory.projects.Get(projectID); ok {
		p = a.prepare(ctx, projectID, project, items)
		if a.guess(ctx, p) {
			a.metrics.count(ctx, p.results)
			return p.results
		}
	}
	project, known, ok, err := a.store.ProjectAndKnown(ctx, projectID, p.items)
	if err == nil && !ok {
		err = fault.Missing("project", projectID)
	}
	if err != nil {
		return failAll(results, err)
	}
	if len(p.results) == 0 || !project.Equal(p.project) {
		a.memory.projects.Add(projectID, project)
		p = a.prepare(ctx, projectID, project, items)
	} else {
		p.known = &known
	}
	a.apply(ctx, p.batch)
	a.metrics.count(ctx, p.results)
	return p.results
}

// prepared are items with their hashes by what a project says, and with results. The batch is of those that can be judged.
type prepared struct {
	batch
	results []Result
}

func (a *Assigner) prepare(ctx context.Context, projectID int64, project store.Project, items []grouping.Item) prepared {
	p := prepared{batch: batch{projectID: projectID, project: project}, results: make([]Result, len(items))}
	for i := range p.results {
		p.results[i].Project = project
	}
	items = a.hashErrors(ctx, projectID, project, items, p.results)
	for _, i := range a.makePartitions(ctx, items, p.results) {
		p.items = append(p.items, items[i])
		p.places = append(p.places, &p.results[i])
	}
	return p
}

// makePartitions makes the partitions of the items' times, and gives the indexes of the items that have them and that
// did not fail before. An item whose partition was dropped is too old.
func (a *Assigner) makePartitions(ctx context.Context, items []grouping.Item, results []Result) []int {
	keep := make([]int, 0, len(items))
	for i, item := range items {
		if results[i].Err != nil {
			continue
		}
		if item.StatusChange == nil {
			err := a.store.Partitions().Ensure(ctx, item.Time, item.Occurrence.Event.SeenTime)
			if errors.Is(err, partition.ErrBelowFloor) {
				results[i].Judgement.Outcome = issue.DroppedTooOld
				continue
			}
			if err != nil {
				results[i].Err = fault.TryLater(time.Second, err, "no partition for the item")
				continue
			}
		}
		keep = append(keep, i)
	}
	return keep
}

// batch is a list of items of one project with the places of their results.
type batch struct {
	projectID int64
	project   store.Project
	items     []grouping.Item
	places    []*Result
	known     *grouping.Known // of the items, where it was read already
}

// apply judges a batch. Where the data of some item is refused by the database, the batch is split in halves until
// that item stands alone, so that its neighbours do not suffer.
func (a *Assigner) apply(ctx context.Context, b batch) {
	if len(b.items) == 0 {
		return
	}
	judgements, err := a.try(ctx, b)
	switch {
	case err == nil:
		for i, judgement := range judgements {
			b.places[i].Judgement = judgement
		}
	case isItemsFault(err) && len(b.items) > 1:
		half := len(b.items) / 2
		a.apply(ctx, batch{projectID: b.projectID, project: b.project, items: b.items[:half], places: b.places[:half]})
		a.apply(ctx, batch{projectID: b.projectID, project: b.project, items: b.items[half:], places: b.places[half:]})
	case isItemsFault(err):
		a.log.ErrorContext(ctx, "the database refuses an item", "project", b.projectID, "item", b.items[0].ID, "error", err)
		b.places[0].Err = fault.InvalidField("item", "holds a value that cannot be stored")
	default:
		a.log.WarnContext(ctx, "items were not judged", "project", b.projectID, "items", len(b.items), "error", err)
		for _, result := range b.places {
			result.Err = err
		}
	}
}

// isItemsFault tells whether an error comes from the data of an item, and not from the state of the database.
func isItemsFault(err error) bool {
	return fault.KindOf(err) == fault.Internal && postgres.IsDataError(err)
}

// try judges a batch in one transaction, and starts over as long as what it knew has changed when it got the locks.
func (a *Assigner) try(ctx context.Context, b batch) ([]grouping.Judgement, error) {
	var err error
	for range attempts {
		var judgements []grouping.Judgement
		judgements, err = a.once(ctx, b)
		b.known = nil
		switch {
		case err == nil:
			return judgements, nil
		case errors.Is(err, store.ErrShortIDTaken):
			if err := a.store.HealShortIDs(ctx, b.projectID); err != nil {
				return nil, err
			}
		case postgres.IsMissingPartition(err): // it was there when the keeper last looked
			a.store.Partitions().Forget()
			if err := a.store.Partitions().Ensure(ctx, times(b.items)...); err != nil {
				return nil, fault.TryLater(time.Second, err, "a partition was dropped meanwhile")
			}
		case !errors.Is(err, store.ErrStartOver):
			return nil, err
		}
		a.metrics.startOvers.Add(ctx, 1)
	}
	return nil, err
}

func (a *Assigner) once(ctx context.Context, b batch) ([]grouping.Judgement, error) {
	known, err := a.known(ctx, b)
	if err != nil {
		return nil, err
	}
	if err := a.findAssignees(ctx, b, known); err != nil {
		return nil, err
	}
	verdicts, wanted := a.ask(ctx, b, known)
	ids, shortIDs, err := a.store.TakeIDs(ctx, b.projectID, wanted)
	if err != nil {
		return nil, err
	}
	resolution := grouping.Resolve(b.items, known, verdicts, ids)
	if resolution.VerdictMissing {
		return nil, store.ErrStartOver
	}
	effects, err := a.store.Apply(ctx, store.Batch{
		ProjectID: b.projectID, Items: b.items, Known: known, Resolution: resolution, ShortIDs: shortIDs, Now: a.now(),
	})
	if err != nil {
		return nil, err
	}
	a.memory.remember(b, known, resolution)
	if effects.NewReleases > 0 {
		a.arrived()
	}
	return effects.Judgements, nil
}

func (a *Assigner) known(ctx context.Context, b batch) (grouping.Known, error) {
	if b.known != nil {
		return *b.known, nil
	}
	return a.store.Known(ctx, b.projectID, b.items)
}

// ask gets a verdict for every item that has no group, and counts the groups that may be made. It is done before the
// transaction begins, so that no lock waits for Redis. Error events know neither noise nor quotas.
func (a *Assigner) ask(ctx context.Context, b batch, known grouping.Known) (verdicts []grouping.Verdict, groups int) {
	verdicts = make([]grouping.Verdict, len(b.items))
	var asks []limits.Ask
	var places []int
	allowed := map[grouping.Hash]bool{}
	for i, item := range b.items {
		_, judged := known.Judged[item.Key()]
		switch {
		case item.StatusChange != nil || judged || known.GroupOf(item) != 0:
		case item.Kind() == grouping.KindErrorEvent:
			verdicts[i] = grouping.MayCreate
			allowed[item.Hashes()[0]] = true
		default:
			asks = append(asks, limits.Ask{Item: item, Quota: b.project.CreationQuota})
			places = append(places, i)
		}
	}
	if len(asks) == 0 {
		return verdicts, len(allowed)
	}
	answers, err := a.limits.Verdicts(ctx, b.projectID, asks)
	if err != nil {
		a.metrics.unasked.Add(ctx, int64(len(asks)))
		a.log.WarnContext(ctx, "issues are made without asking for limits", "items", len(asks), "error", err)
	}
	for i, place := range places {
		verdicts[place] = answers[i]
		if answers[i] == grouping.MayCreate {
			allowed[b.items[place].Hashes()[0]] = true
		}
	}
	return verdicts, len(allowed)
}

func times(items []grouping.Item) []time.Time {
	var all []time.Time
	for _, item := range items {
		if item.StatusChange == nil {
			all = append(all, item.Time, item.Occurrence.Event.SeenTime)
		}
	}
	return all
}

func failAll(results []Result, err error) []Result {
	for i := range results {
		results[i].Err = err
	}
	return results
}

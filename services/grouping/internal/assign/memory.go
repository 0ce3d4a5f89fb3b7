package assign

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
	"github.com/picket-io/picket/services/grouping/internal/store"
)

// Bounds of what is remembered, some 10 MB.
const (
	rememberedProjects = 1000
	rememberedHashes   = 50_000
)

// memory is what batches found: what projects say, and where hashes lead. Any of it may be out of date, because other replicas
// change it too. What is built on it is written only if the database, under its locks, says the same.
type memory struct {
	projects *lru.Cache[int64, store.Project]
	groups   *lru.Cache[hashOf, group]
}

type hashOf struct {
	projectID int64
	hash      grouping.Hash
}

type group struct {
	id     int64
	typeID int32
}

func newMemory() memory {
	var m memory
	m.projects, _ = lru.New[int64, store.Project](rememberedProjects) // fails for no size that is positive
	m.groups, _ = lru.New[hashOf, group](rememberedHashes)
	return m
}

// guess judges a batch by what is remembered, which takes two round trips to the database instead of four. It is false where
// something is not remembered or not so any more. Then nothing was written, but for a commit whose answer was lost: who
// looks next finds those items judged.
func (a *Assigner) guess(ctx context.Context, p prepared) bool {
	known, ok := a.memory.known(p.batch)
	if !ok || len(p.items) < len(p.results) {
		return false
	}
	effects, err := a.store.Apply(ctx, store.Batch{
		ProjectID: p.projectID, Items: p.items, Known: known, Resolution: grouping.Resolve(p.items, known, nil, nil), Now: a.now(),
		Remembered: &p.project,
	})
	if err != nil { // which the batch meets again where it is no matter of memory
		a.metrics.startOvers.Add(ctx, 1)
		a.memory.forget(p.batch)
		return false
	}
	for i, judgement := range effects.Judgements {
		p.places[i].Judgement = judgement
	}
	if effects.NewReleases > 0 {
		a.arrived()
	}
	return true
}

// known gives what there is to know of a batch whose hashes are all remembered. Status changes ask for more.
func (m memory) known(b batch) (known grouping.Known, ok bool) {
	known = grouping.Known{Groups: map[grouping.Hash]int64{}, Types: map[int64]int32{}}
	for _, item := range b.items {
		if item.StatusChange != nil {
			return known, false
		}
		for _, hash := range item.Lookups() {
			g, ok := m.groups.Get(hashOf{b.projectID, hash})
			if !ok {
				return known, false
			}
			known.Groups[hash], known.Types[g.id] = g.id, g.typeID
		}
	}
	return known, true
}

// remember keeps where the hashes of a batch lead that was written.
func (m memory) remember(b batch, known grouping.Known, r grouping.Resolution) {
	types := map[int64]int32{}
	for i, item := range b.items {
		if target := r.Targets[i]; target.IsNew {
			types[target.GroupID] = item.Occurrence.Type.ID
		}
	}
	keep := func(hash grouping.Hash, id int64) {
		typeID, ok := known.Types[id]
		if !ok {
			typeID, ok = types[id]
		}
		if ok && id > 0 {
			m.groups.Add(hashOf{b.projectID, hash}, group{id, typeID})
		}
	}
	for hash, id := range known.Groups {
		keep(hash, id)
	}
	for hash, id := range r.Links {
		keep(hash, id)
	}
}

func (m memory) forget(b batch) {
	for _, item := range b.items {
		for _, hash := range item.Lookups() {
			m.groups.Remove(hashOf{b.projectID, hash})
		}
	}
}

package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/pkg/postgres"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// Batch is an ordered list of items of one project, with where they go.
type Batch struct {
	ProjectID  int64
	Items      []grouping.Item
	Known      grouping.Known
	Resolution grouping.Resolution
	ShortIDs   map[int64]int64 // of the groups to be made
	Now        time.Time
	// Remembered is the project where it and Known were remembered rather than read. Then Apply reads both, and an item that was
	// judged before is a reason to start over.
	Remembered *Project
}

var errStartOver = errors.New("what was known has changed")

// Errors by which Apply asks for another try.
var (
	// ErrStartOver says that what was known has changed meanwhile: look again and resolve again.
	ErrStartOver error = fault.TryLater(retryAfter, errStartOver, "what was known of the project keeps changing")
	// ErrShortIDTaken says that the project's counter of short ids is behind.
	ErrShortIDTaken error = fault.TryLater(retryAfter, errors.New("a short id is taken"), "the project's short ids are being mended")
)

const setLockTimeout = `SET LOCAL lock_timeout = '2s'`

const insertHashes = `
INSERT INTO group_hashes (project_id, hash, group_id, algorithm)
SELECT $1, hash, group_id, algorithm FROM unnest($2::bytea[], $3::bigint[], $4::smallint[]) AS l (hash, group_id, algorithm)
ORDER BY hash
ON CONFLICT (project_id, hash) DO NOTHING`

const lockGroups = `
SELECT g.id FROM (SELECT id FROM unnest($2::bigint[]) AS w (id) ORDER BY id) w
CROSS JOIN LATERAL (SELECT g.id FROM groups g WHERE g.project_id = $1 AND g.id = w.id FOR NO KEY UPDATE) g`

// Apply folds a batch over the groups that it belongs to and writes the difference, all in one transaction: after
// it, every item of the batch is judged; without it, none is.
//
// The order of locks is the same for everybody who changes groups: hashes, inserted in order, then groups, locked
// in order. Two first sightings of one fingerprint meet at the hash: the second waits for the first to commit,
// inserts nothing, and starts over with the group that the first has made. Hashes are read once more when the
// groups are locked, because a merge or a deletion may have moved them before we got the lock.
func (s *Store) Apply(ctx context.Context, b Batch) (effects grouping.Effects, err error) {
	err = postgres.InPipeline(ctx, s.pool, func(conn *pgxpool.Conn) error {
		stacks := stacksOf(b.Items)
		state, err := s.lock(ctx, conn, b, stacks)
		if err != nil {
			return err
		}
		facts := factsForItems(b.Items, b.Resolution, state.Groups)
		if err := loadFacts(ctx, conn, b.ProjectID, b.Now, facts, &state.Facts); err != nil {
			return err
		}
		effects = grouping.Fold(state, b.Known, b.Items, b.Resolution, b.Now)
		return write(ctx, conn, b, &effects, stacks)
	})
	return effects, classify(err)
}

func classify(err error) error {
	switch {
	case errors.Is(err, errStartOver),
		// An item of the batch, or a group of it, came from somewhere else meanwhile.
		postgres.IsUniqueViolationIn(err, "judged_items"), postgres.IsUniqueViolationIn(err, "judged_status_changes"),
		postgres.IsForeignKeyViolation(err), postgres.IsRetryable(err):
		return ErrStartOver
	case postgres.IsUniqueViolation(err, "groups_short_id"):
		return ErrShortIDTaken
	default:
		return translate(err)
	}
}

// lock links the hashes that get a group, locks the groups and reads them, with what was counted of them.
func (s *Store) lock(ctx context.Context, conn session, b Batch, stacks stacks) (grouping.State, error) {
	links := sortedLinks(b)
	ids := lockedIDs(b.Resolution)
	wanted := hashesOf(b.Items)
	var inserted int64
	var found map[grouping.Hash]int64
	state := grouping.State{ShortIDs: b.ShortIDs}

	batch := &pgx.Batch{}
	batch.Queue(postgres.Begin)
	batch.Queue(setLockTimeout)
	batch.Queue(beginLookups)
	if len(links) > 0 {
		hashes, owners, algorithms := splitLinks(links)
		insert := batch.Queue(insertHashes, b.ProjectID, hashes, owners, algorithms)
		insert.Exec(func(tag commandTag) error { inserted = tag.RowsAffected(); return nil })
	}
	batch.Queue(lockGroups, b.ProjectID, ids)
	batch.Queue(selectHashes, b.ProjectID, hashBytes(wanted)).Query(func(rows pgx.Rows) (err error) {
		found, err = collectHashes(rows)
		return err
	})
	// A statement of its own: one that both waited for the locks and read would read what was there before it
	// waited, and counters that the lock's last holder has raised would be raised from their old values.
	batch.Queue(selectGroups, b.ProjectID, ids).Query(func(rows pgx.Rows) (err error) {
		state.Groups, err = collectGroups(rows)
		return err
	})
	queueKnownStats(batch, b, &state)
	stacks.queueFresh(batch, b.ProjectID, b.Now)
	batch.Queue(selectThreshold, b.ProjectID).Query(func(rows pgx.Rows) error { return collectThreshold(rows, &state.Facts) })
	outdated := queueRemembered(batch, b)
	batch.Queue(endLookups)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return state, err
	}
	if *outdated {
		return state, errStartOver
	}
	if inserted != int64(len(links)) || len(state.Groups) != len(ids) {
		return state, errStartOver
	}
	for _, hash := range wanted {
		if found[hash] != expected(b, hash) {
			return state, errStartOver
		}
	}
	for i, item := range b.Items {
		group := state.Groups[b.Resolution.Targets[i].GroupID]
		if item.StatusChange != nil && group != nil && group.Status > issue.Ignored { // merged meanwhile
			return state, errStartOver
		}
	}
	return state, nil
}

// queueRemembered looks whether something that was remembered is out of date. Hashes are read again in any case, and the type of
// a group never changes.
func queueRemembered(batch *pgx.Batch, b Batch) (outdated *bool) {
	outdated = new(bool)
	if b.Remembered == nil {
		return outdated
	}
	batch.Queue(selectProjectForJudging, b.ProjectID).QueryRow(func(row pgx.Row) error {
		project, ok, err := scanProject(row)
		*outdated = *outdated || !ok || !project.Equal(*b.Remembered)
		return err
	})
	kinds, ids, times, _ := keysOf(b.Items)
	batch.Queue(selectJudgedItems, b.ProjectID, kinds, ids, times).Query(func(rows pgx.Rows) error {
		*outdated = *outdated || rows.Next()
		rows.Close()
		return rows.Err()
	})
	return outdated
}

func expected(b Batch, hash grouping.Hash) int64 {
	if id, ok := b.Resolution.Links[hash]; ok {
		return id
	}
	return b.Known.Groups[hash]
}

type link struct {
	hash      grouping.Hash
	groupID   int64
	algorithm int16
}

func sortedLinks(b Batch) []link {
	links := b.Resolution.Links
	algorithms := make(map[grouping.Hash]int16, len(links))
	for _, item := range b.Items {
		if item.Occurrence == nil {
			continue
		}
		for _, hash := range item.Occurrence.Hashes {
			if _, known := algorithms[hash]; !known {
				algorithms[hash] = item.Occurrence.Algorithm
			}
		}
	}
	sorted := make([]link, 0, len(links))
	for hash, id := range links {
		sorted = append(sorted, link{hash, id, algorithms[hash]})
	}
	slices.SortFunc(sorted, func(a, b link) int { return cmp.Compare(a.hash, b.hash) })
	return sorted
}

func splitLinks(links []link) (hashes [][]byte, owners []int64, algorithms []int16) {
	for _, l := range links {
		hashes = append(hashes, []byte(l.hash))
		owners = append(owners, l.groupID)
		algorithms = append(algorithms, l.algorithm)
	}
	return hashes, owners, algorithms
}

// lockedIDs are the groups that exist and that the batch changes.
func lockedIDs(r grouping.Resolution) []int64 {
	created := map[int64]bool{}
	for _, target := range r.Targets {
		if target.IsNew {
			created[target.GroupID] = true
		}
	}
	seen := map[int64]bool{}
	ids := []int64{}
	for _, target := range r.Targets {
		if id := target.GroupID; id != 0 && !created[id] && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

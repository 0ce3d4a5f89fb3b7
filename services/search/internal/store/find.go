package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// Page says which rows of a search are wanted.
type Page struct {
	From     *Cursor // nil for the first page
	Size     int
	CountCap int // count up to here; 0 for no count
	Buckets  *search.Buckets
	Latest   bool // the latest event of each row
	// What rows are not told.
	WithoutWindow, WithoutMatching bool
	MatchingEvents                 int64 // of its issues together may be looked at for matching counts alone; 0 for no limit
}

// Result is a page in order.
type Result struct {
	Rows  []search.Row
	More  bool // further rows follow in the direction of reading
	Count int  // more than the cap says that there are more

	Latest map[int64]string // the releases that the query stood for, see search.Scope
}

// Find reads a page of issues.
func (s *Store) Find(ctx context.Context, q search.Query, p Page) (result Result, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) (err error) {
		if q, err = resolved(ctx, tx, q); err != nil {
			return err
		}
		result, err = find(ctx, tx, q, p)
		result.Latest = q.Scope.Latest
		return err
	})
	return result, err
}

func find(ctx context.Context, tx pgx.Tx, q search.Query, p Page) (result Result, err error) {
	read, err := readPage(ctx, tx, q, p)
	if err != nil {
		return result, err
	}
	result.More = len(read.found) > p.Size
	result.Rows = rowsOf(read.found[:min(p.Size, len(read.found))])
	if p.From != nil && p.From.Backward {
		slices.Reverse(result.Rows)
	}
	if read.counted {
		result.Count = len(read.found)
	} else if p.CountCap > 0 {
		if result.Count, err = countIn(ctx, tx, q, p.CountCap, !read.within); err != nil {
			return result, err
		}
	}
	return result, describe(ctx, tx, q, p, result.Rows, read.matched)
}

// found is an issue that matches, with its place.
type found struct {
	search.Name
	score    float64
	matching search.Counts
}

func scanFound(r pgx.CollectableRow) (f found, err error) {
	return f, r.Scan(&f.ProjectID, &f.ID, &f.score)
}

func rowsOf(list []found) []search.Row {
	rows := make([]search.Row, len(list))
	for i, f := range list {
		rows[i] = search.Row{Issue: search.Issue{ProjectID: f.ProjectID, ID: f.ID}, Score: f.score, Matching: f.matching}
	}
	return rows
}

// reading is what statements or a walk told.
type reading struct {
	found   []found // in the direction of reading, at least one more than the page has where there are more
	matched bool    // they are told their matching events
	counted bool    // all are there, up to the cap
	within  bool    // no issue was seen past the window
}

func readPage(ctx context.Context, tx pgx.Tx, q search.Query, p Page) (read reading, err error) {
	limit := p.Size + 1
	if walkable(q, p.From) {
		read.found, read.within, err = walk(ctx, tx, q, p.From, limit)
		return read, err
	}
	if inStretches(q) {
		if read, ok, err := readStretches(ctx, tx, q, p.From, p.enough()); ok || err != nil {
			return read, err
		}
	}
	w := pageWanted(q, p)
	if w.fresh = q.Sort == search.ByTrends && storedScore(q) && (p.From == nil || !p.From.Backward); w.fresh {
		if read, err = readWanted(ctx, tx, q, w); err != nil || freshFill(read.found, limit) {
			return read, err
		}
		w.fresh = false
	}
	if w.stacks, err = findStacks(ctx, tx, q); err != nil {
		return read, err
	}
	read, err = readWanted(ctx, tx, q, w)
	read.counted = p.counting() && !storedScore(q)
	return read, err
}

// counting reports whether all matching issues are counted, which the first page does.
func (p Page) counting() bool { return p.From == nil && p.CountCap > 0 }

// enough is how many issues are looked for: those of the page and one more, and what is counted.
func (p Page) enough() int {
	if p.counting() {
		return max(p.Size, p.CountCap) + 1
	}
	return p.Size + 1
}

// pageWanted is what is told by the statement that reads a page from the whole window.
func pageWanted(q search.Query, p Page) wanted {
	w := wanted{limit: p.enough(), from: p.From, matching: len(split(q.Tree).events) > 0 && !p.WithoutMatching}
	if storedScore(q) {
		w.limit = p.Size + 1
	}
	return w
}

func readWanted(ctx context.Context, tx pgx.Tx, q search.Query, w wanted) (read reading, err error) {
	st, err := page(q, w)
	if err != nil {
		return read, err
	}
	read.matched = w.matching
	read.found, err = collect(ctx, tx, st, func(r pgx.CollectableRow) (f found, err error) {
		if m := &f.matching; w.matching {
			return f, r.Scan(&f.ProjectID, &f.ID, &f.score, &m.Events, &m.Users, &m.FirstSeen, &m.LastSeen)
		}
		return scanFound(r)
	})
	return read, err
}

// Count counts the issues that a query finds, up to one more than the cap.
func (s *Store) Count(ctx context.Context, q search.Query, countCap int) (int, error) {
	var n int
	err := s.inSnapshot(ctx, func(tx pgx.Tx) (err error) {
		if q, err = resolved(ctx, tx, q); err != nil {
			return err
		}
		n, err = countIn(ctx, tx, q, countCap, true)
		return err
	})
	return n, err
}

func countIn(ctx context.Context, tx pgx.Tx, q search.Query, countCap int, past bool) (int, error) {
	if inStretches(q) && !split(q.Tree).exact(q) {
		read, ok, err := readStretches(ctx, tx, q, nil, countCap+1)
		if ok || err != nil {
			return len(read.found), err
		}
	}
	st, err := count(q, countCap+1, past)
	if err != nil {
		return 0, err
	}
	counted, err := collect(ctx, tx, st, pgx.RowTo[int])
	if err != nil {
		return 0, err
	}
	return counted[0], nil
}

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
	result.Rows = read.rows
	if result.More = len(result.Rows) > p.Size; result.More {
		result.Rows = result.Rows[:p.Size]
	}
	if p.From != nil && p.From.Backward {
		slices.Reverse(result.Rows)
	}
	if read.totalled {
		result.Count = read.total
	} else if p.CountCap > 0 {
		if result.Count, err = countIn(ctx, tx, q, p.CountCap, !read.within); err != nil {
			return result, err
		}
	}
	return result, describe(ctx, tx, q, p, result.Rows, read.matched)
}

// reading is what one statement or one walk told.
type reading struct {
	rows     []search.Row // in the direction of reading, one more than the page has
	matched  bool         // rows are told their matching events
	totalled bool         // total is how many issues match
	total    int
	within   bool // no issue was seen past the window
}

func readPage(ctx context.Context, tx pgx.Tx, q search.Query, p Page) (read reading, err error) {
	limit := p.Size + 1
	if walkable(q, p.From) {
		read.rows, read.within, err = walk(ctx, tx, q, p.From, limit)
		return read, err
	}
	if inStretches(q) {
		if read, ok, err := readStretches(ctx, tx, q, p, limit); ok || err != nil {
			return read, err
		}
	}
	w := pageWanted(q, p)
	if w.fresh = q.Sort == search.ByTrends && storedScore(q) && (p.From == nil || !p.From.Backward); w.fresh {
		if read, err = readWanted(ctx, tx, q, w); err != nil || freshFill(read.rows, limit) {
			return read, err
		}
		w.fresh = false
	}
	return readWanted(ctx, tx, q, w)
}

// pageWanted is what is told by the statement that reads a page from the whole window.
func pageWanted(q search.Query, p Page) wanted {
	w := wanted{limit: p.Size + 1, from: p.From, matching: len(split(q.Tree).events) > 0 && !p.WithoutMatching}
	if p.From == nil && p.CountCap > 0 && !storedScore(q) {
		w.total = p.CountCap + 1
	}
	return w
}

func readWanted(ctx context.Context, tx pgx.Tx, q search.Query, w wanted) (read reading, err error) {
	st, err := page(q, w)
	if err != nil {
		return read, err
	}
	read.matched, read.totalled = w.matching, w.total > 0
	read.rows, err = collect(ctx, tx, st, func(r pgx.CollectableRow) (row search.Row, err error) {
		places := append(scanIssue(&row.Issue), &row.Score)
		if m := &row.Matching; w.matching {
			places = append(places, &m.Events, &m.Users, &m.FirstSeen, &m.LastSeen)
		}
		if w.total > 0 {
			places = append(places, &read.total)
		}
		return row, r.Scan(places...)
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
		read, ok, err := readStretches(ctx, tx, q, Page{CountCap: countCap}, 1)
		if ok || err != nil {
			return read.total, err
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

func scanRow(r pgx.CollectableRow) (search.Row, error) {
	var row search.Row
	err := r.Scan(append(scanIssue(&row.Issue), &row.Score)...)
	return row, err
}

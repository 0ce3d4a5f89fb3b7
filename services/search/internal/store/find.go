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
}

// Find reads a page of issues.
func (s *Store) Find(ctx context.Context, q search.Query, p Page) (result Result, err error) {
	err = s.inSnapshot(ctx, func(tx pgx.Tx) (err error) {
		if q, err = resolved(ctx, tx, q); err != nil {
			return err
		}
		result, err = find(ctx, tx, q, p)
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
		if result.Count, err = countIn(ctx, tx, q, p.CountCap); err != nil {
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
}

func readPage(ctx context.Context, tx pgx.Tx, q search.Query, p Page) (read reading, err error) {
	limit, ofEvents := p.Size+1, len(split(q.Tree).events) > 0
	walks := walkable(q, p.From)
	if walks && ofEvents {
		if walks, err = isCommon(ctx, tx, q); err != nil {
			return read, err
		}
	}
	if walks {
		if rows, ok, err := walk(ctx, tx, q, p.From, limit); ok || err != nil {
			return reading{rows: rows}, err
		}
	}
	if ofEvents {
		return readTotalled(ctx, tx, q, p, limit)
	}
	st, err := page(q, p.From, limit)
	if err != nil {
		return read, err
	}
	read.rows, err = collect(ctx, tx, st, scanRow)
	return read, err
}

func readTotalled(ctx context.Context, tx pgx.Tx, q search.Query, p Page, limit int) (read reading, err error) {
	read.matched, read.totalled = !p.WithoutMatching, p.From == nil
	st, err := totalledPage(q, p.From, limit, read.matched)
	if err != nil {
		return read, err
	}
	read.rows, err = collect(ctx, tx, st, func(r pgx.CollectableRow) (row search.Row, err error) {
		places := append(scanIssue(&row.Issue), &row.Score)
		if m := &row.Matching; read.matched {
			places = append(places, &m.Events, &m.Users, &m.FirstSeen, &m.LastSeen)
		}
		return row, r.Scan(append(places, &read.total)...)
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
		n, err = countIn(ctx, tx, q, countCap)
		return err
	})
	return n, err
}

func countIn(ctx context.Context, tx pgx.Tx, q search.Query, countCap int) (int, error) {
	st, err := count(q, countCap+1)
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

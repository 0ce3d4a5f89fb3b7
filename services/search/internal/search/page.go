package search

import "time"

// Position is where a page begins, and what a search must keep from page to page so that rows that do not move are
// seen once: the window, the clock, and the count that the first page was told. Times are microseconds, because
// that is what the database keeps.
type Position struct {
	StartMicros int64
	EndMicros   int64
	NowMicros   int64
	Score       float64
	ID          int64
	Backward    bool // the page lies before the row of Score and ID, not after it
	Total       int
	Capped      bool
	Latest      map[int64]string `json:",omitzero"` // releases, see Scope; empty where no project had any
}

// What a token keeps of releases, in bytes: together, and for a project besides the name.
const (
	maxLatest  = 64 << 10
	perProject = 16
)

// KeepLatest keeps what `latest` stood for on the first page, as far as a token holds it: with more projects than that,
// each page looks anew.
func (p *Position) KeepLatest(releases map[int64]string) {
	size := 0
	for _, release := range releases {
		size += len(release) + perProject
	}
	if size <= maxLatest {
		p.Latest = releases
	}
}

// Pinned makes the position of a search that begins now, without a row.
func Pinned(w Window, now time.Time) Position {
	return Position{StartMicros: w.Start.UnixMicro(), EndMicros: w.End.UnixMicro(), NowMicros: now.UnixMicro()}
}

// Window is the pinned window.
func (p Position) Window() Window {
	return Window{Start: time.UnixMicro(p.StartMicros).UTC(), End: time.UnixMicro(p.EndMicros).UTC()}
}

// Now is the pinned clock.
func (p Position) Now() time.Time { return time.UnixMicro(p.NowMicros).UTC() }

// Neighbours gives the positions of the pages after and before a page that was read from p (nil on the first page)
// and holds rows from first to last in order; more says that further rows followed in the direction of reading.
// An absent neighbour is nil.
func Neighbours(pinned Position, from *Position, first, last *Row, more bool) (next, previous *Position) {
	backward := from != nil && from.Backward
	if first == nil {
		return besideEmpty(from)
	}
	if more || backward {
		next = pinned.at(last.Score, last.Issue.ID, false)
	}
	if backward && more || !backward && from != nil {
		previous = pinned.at(first.Score, first.Issue.ID, true)
	}
	return next, previous
}

// besideEmpty leads back from a page whose rows have gone since its token was made. The id beside the token's lets
// the row of the token itself be part of that page.
func besideEmpty(from *Position) (next, previous *Position) {
	switch {
	case from == nil:
		return nil, nil
	case from.Backward:
		return from.at(from.Score, from.ID+1, false), nil
	default:
		return nil, from.at(from.Score, from.ID-1, true)
	}
}

func (p Position) at(score float64, id int64, backward bool) *Position {
	p.Score, p.ID, p.Backward = score, id, backward
	return &p
}

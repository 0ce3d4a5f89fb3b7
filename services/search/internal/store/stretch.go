package store

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/services/search/internal/search"
)

// A page by date is made of the issues with the newest matching events. Those that have one in the part of the window next to where
// the page begins come before all others, so that the rest of the window is not read where they fill the page, and the count up
// to its cap. Parts of few hours lie in few partitions, which an index of time finds.
const (
	firstStretch = 30 * time.Minute
	// A stretch that was too short says how long one should be. Issues with many events come again and again, so that twice as many
	// issues take more than twice the time.
	growthPower             = 1.25
	leastGrowth, mostGrowth = 1.5, 64
	// The matching events are so rare that the whole window is read, if need be from an index of what is asked, where a
	// stretch would have more than this share of it.
	wholeShare = 0.25
)

// inStretches reports whether a page may be read from a stretch of the window.
func inStretches(q search.Query) bool {
	p := split(q.Tree)
	return q.Sort == search.ByDate && len(p.aggregates) == 0 && p.broad()
}

// readStretches reads a page of limit rows; ok is false when most of the window must be read for it.
func readStretches(ctx context.Context, tx pgx.Tx, q search.Query, p Page, limit int) (read reading, ok bool, err error) {
	enough := limit
	if p.From == nil {
		enough = max(limit, p.CountCap+1)
	}
	window := q.Window.End.Sub(q.Window.Start)
	for length := firstStretch; length.Seconds() < wholeShare*window.Seconds(); {
		at := stretchOf(q.Window, p.From, length)
		w := wanted{limit: limit, from: p.From, later: search.Window{Start: at.End, End: q.Window.End}}
		if p.From == nil {
			w.total = enough
		}
		if read, err = readWanted(ctx, tx, in(q, at), w); err != nil {
			return read, false, err
		}
		found := max(len(read.rows), read.total)
		if found >= enough || !at.Start.After(q.Window.Start) && !at.End.Before(q.Window.End) {
			return read, true, nil
		}
		length = grown(length, found, enough)
	}
	return reading{}, false, nil
}

func in(q search.Query, w search.Window) search.Query {
	q.Window = w
	return q
}

// stretchOf is the part of a window next to a row, or to the end of the window, in the direction of reading.
func stretchOf(w search.Window, from *Cursor, length time.Duration) search.Window {
	end := w.End
	if from != nil {
		at := from.time()
		if from.Backward {
			return search.Window{Start: at, End: earlier(at.Add(length), w.End)}
		}
		end = at.Add(time.Microsecond)
	}
	start := end.Add(-length)
	if start.Before(w.Start) {
		start = w.Start
	}
	return search.Window{Start: start, End: end}
}

func grown(length time.Duration, found, enough int) time.Duration {
	times := float64(mostGrowth)
	if found > 0 {
		times = min(mostGrowth, max(leastGrowth, math.Pow(float64(enough)/float64(found), growthPower)))
	}
	return time.Duration(float64(length) * times)
}

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
	// What was found says how long a stretch should be for enough. Issues with many events come again and again, so that twice as many issues
	// take more than twice the time. It is to find some more than are wanted: one that is too short takes another statement.
	growthPower = 1.2
	leastGrowth = 1.1
	spare       = 1.5 // standard deviations
	// Fewer issues than a sample say little, so that the next stretch is to find as many first.
	sample       = 8
	sampleGrowth = 32
	// The matching events are so rare that the whole window is read, if need be from an index of what is asked, where a
	// stretch would have more than this share of it.
	wholeShare = 0.25
)

// inStretches reports whether a page may be read from a stretch of the window.
func inStretches(q search.Query) bool {
	p := split(q.Tree)
	return q.Sort == search.ByDate && len(p.aggregates) == 0 && p.broad()
}

// readStretches finds enough issues, or all that there are; ok is false when most of the window must be read for it.
//
// Each stretch begins where the one before ended, and leaves out what has a match in that one: issues that are known, or on a later page
// those with a match in all that lies later.
func readStretches(ctx context.Context, tx pgx.Tx, q search.Query, from *Cursor, enough int) (read reading, ok bool, err error) {
	read.counted = from == nil
	window := q.Window.End.Sub(q.Window.Start)
	at := stretchOf(q.Window, from, 0)
	for length := firstStretch; length.Seconds() < wholeShare*window.Seconds(); {
		at = behind(at, stretchOf(q.Window, from, length), from)
		w := wanted{limit: enough - len(read.found), from: from}
		if from == nil {
			w.known = idsOf(read.found)
		} else {
			w.later = search.Window{Start: at.End, End: q.Window.End}
		}
		further, err := readWanted(ctx, tx, in(q, at), w)
		if err != nil {
			return read, false, err
		}
		read.found = append(read.found, further.found...)
		if len(read.found) >= enough || reachesEnd(at, q.Window, from) {
			return read, true, nil
		}
		length = grown(length, len(read.found), enough)
	}
	return reading{}, false, nil
}

// behind is what a stretch has behind the one before, in the direction of reading.
func behind(before, at search.Window, from *Cursor) search.Window {
	if from != nil && from.Backward {
		return search.Window{Start: before.End, End: at.End}
	}
	return search.Window{Start: at.Start, End: before.Start}
}

func reachesEnd(at, window search.Window, from *Cursor) bool {
	if from != nil && from.Backward {
		return !at.End.Before(window.End)
	}
	return !at.Start.After(window.Start)
}

func idsOf(list []found) (ids []int64) {
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	return ids
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
	aim := float64(enough) + spare*math.Sqrt(float64(enough-found))
	times := math.Pow(aim/float64(max(found, 1)), growthPower)
	if found < sample {
		times = min(times, sampleGrowth)
	}
	return time.Duration(float64(length) * max(times, leastGrowth))
}

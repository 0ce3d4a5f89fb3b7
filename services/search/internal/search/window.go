package search

import (
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
)

// clockSkew keeps the newest events findable when the clock of another machine is a little ahead.
const clockSkew = time.Minute

// Window is the time in which events count: Start <= seen time < End.
type Window struct{ Start, End time.Time }

// Empty reports whether no event can lie in the window.
func (w Window) Empty() bool { return !w.Start.Before(w.End) }

// farthest is how far ahead a window reaches. No event lies there, so a series is not spread over more.
const farthest = 24 * time.Hour

// NewWindow makes the window of a request. A zero end is now, a zero start is the retention time before now, and nothing
// before that is searched, nor long after now.
func NewWindow(start, end, now time.Time, retention time.Duration) Window {
	if end.IsZero() {
		end = now.Add(clockSkew)
	}
	return Window{Start: later(start, now.Add(-retention)), End: earlier(end, now.Add(farthest))}
}

// Narrow cuts the window to what the query's own dates leave of it, where they stand beside all other conditions.
func (w Window) Narrow(tree searchquery.Node, now time.Time) Window {
	for _, n := range conjuncts(tree) {
		f, ok := n.(*searchquery.Filter)
		if !ok || !shapesWindow(f) {
			continue
		}
		switch v := f.Value.(type) {
		case searchquery.RelativeDate:
			w = w.cut(f.Op, v.At(now))
		case searchquery.Date:
			if v.To.IsZero() {
				w = w.cut(f.Op, v.From)
			} else {
				w = Window{Start: later(w.Start, v.From), End: earlier(w.End, v.To)}
			}
		}
	}
	return w
}

func shapesWindow(f *searchquery.Filter) bool {
	return !f.Tag && (f.Key == "date" || f.Key == "timestamp")
}

// cut leaves equality to the condition itself, which stays in the query, like the last microsecond of > and <=.
func (w Window) cut(op searchquery.Op, at time.Time) Window {
	switch op {
	case searchquery.Greater, searchquery.GreaterOrEqual:
		w.Start = later(w.Start, at)
	case searchquery.Less:
		w.End = earlier(w.End, at)
	case searchquery.LessOrEqual:
		w.End = earlier(w.End, at.Add(time.Microsecond))
	}
	return w
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

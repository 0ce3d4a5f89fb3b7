package traces

import (
	"cmp"
	"slices"
)

// Interval is a time in which one service, told by project and SDK, worked on a trace.
type Interval struct {
	ProjectSlug string
	SDKName     string
	StartMS     int64 // on the edge of a slice
	EndMS       int64
	SliceStart  int64
	SliceEnd    int64
	DurationMS  int64 // time worked, not quantised
	IsRoot      bool
}

// piece is precise time worked, in milliseconds.
type piece struct{ start, end int64 }

type openInterval struct {
	Interval
	pieces []piece
}

type placed struct {
	Segment
	bounds
}

// Breakdown tells which service worked when. Segments of one service that overlap on the scale are joined into the
// interval that is open; a root joins nothing.
func Breakdown(segments []Segment, r Range) []Interval {
	var intervals, open []*openInterval
	for _, p := range place(segments, r) {
		if p.sliceStart == p.sliceEnd { // a sliver at the very end
			continue
		}
		for len(open) > 0 && open[len(open)-1].EndMS < p.start {
			open = open[:len(open)-1]
		}
		if host := hostOf(p, open); host != nil {
			host.join(p)
			continue
		}
		interval := &openInterval{
			Interval: Interval{
				ProjectSlug: p.ProjectSlug, SDKName: p.SDKName, StartMS: p.start, EndMS: p.end,
				SliceStart: p.sliceStart, SliceEnd: p.sliceEnd, IsRoot: p.IsRoot,
			},
			pieces: []piece{{p.preciseStart, p.preciseEnd}},
		}
		intervals = append(intervals, interval)
		open = append(open, interval)
	}
	finished := make([]Interval, len(intervals))
	for i, interval := range intervals {
		finished[i] = interval.finish()
	}
	return finished
}

func place(segments []Segment, r Range) []placed {
	all := make([]placed, len(segments))
	for i, s := range segments {
		all[i] = placed{s, r.quantise(s)}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(
			cmp.Compare(a.sliceStart, b.sliceStart), cmp.Compare(a.StartNanos, b.StartNanos),
			cmp.Compare(b.sliceEnd, a.sliceEnd), cmp.Compare(b.EndNanos, a.EndNanos),
		)
	})
	return all
}

// hostOf finds the innermost open interval that a segment joins. Open intervals below the innermost one may have
// ended before the segment starts.
func hostOf(p placed, open []*openInterval) *openInterval {
	if p.IsRoot {
		return nil
	}
	for _, x := range slices.Backward(open) {
		if !x.IsRoot && x.EndMS >= p.start && x.ProjectSlug == p.ProjectSlug && x.SDKName == p.SDKName {
			return x
		}
	}
	return nil
}

func (x *openInterval) join(p placed) {
	x.EndMS = max(x.EndMS, p.end)
	x.SliceEnd = max(x.SliceEnd, p.sliceEnd)
	if last := &x.pieces[len(x.pieces)-1]; last.end >= p.preciseStart {
		last.end = max(last.end, p.preciseEnd)
		return
	}
	x.pieces = append(x.pieces, piece{p.preciseStart, p.preciseEnd})
}

func (x *openInterval) finish() Interval {
	for _, p := range x.pieces {
		x.DurationMS += p.end - p.start
	}
	if x.DurationMS == 0 {
		x.DurationMS = x.EndMS - x.StartMS
	}
	return x.Interval
}

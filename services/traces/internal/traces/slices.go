package traces

// Range is the time of a trace and the number of slices that it is shown in.
type Range struct {
	StartMS int64
	EndMS   int64
	Slices  int64
}

// bounds are where one segment lies on the scale of its trace.
type bounds struct {
	preciseStart, preciseEnd int64 // milliseconds
	start, end               int64 // milliseconds, on the edge of a slice
	sliceStart, sliceEnd     int64
}

// quantise puts a segment on the scale. Slices are found by the exact ratio but times by whole slices of
// milliseconds, so the two may differ a little.
func (r Range) quantise(s Segment) bounds {
	b := bounds{
		preciseStart: clip(s.StartNanos/1e6, r.StartMS, r.EndMS),
		preciseEnd:   clip(s.EndNanos/1e6, r.StartMS, r.EndMS),
	}
	b.sliceStart, b.sliceEnd = r.slices(b.preciseStart-r.StartMS, b.preciseEnd-r.StartMS)
	b.start, b.end = r.times(b.preciseStart, b.preciseEnd)
	return b
}

func (r Range) slices(start, end int64) (first, after int64) {
	duration := r.EndMS - r.StartMS
	if duration == 0 {
		return 0, r.Slices
	}
	first = clip(divideToEven(start*r.Slices, duration), 0, r.Slices)
	after = divideToEven(end*r.Slices, duration)
	if after < r.Slices && after <= first {
		after = first + 1
	}
	return first, clip(after, 0, r.Slices)
}

func (r Range) times(start, end int64) (from, to int64) {
	from, to = start, end
	if width := (r.EndMS - r.StartMS) / r.Slices; width > 0 {
		from = divideToEven(start-r.StartMS, width)*width + r.StartMS
		to = divideToEven(end-r.StartMS, width)*width + r.StartMS
		if from == to {
			to += width
		}
	}
	if start <= r.StartMS {
		from = r.StartMS
	}
	if end >= r.EndMS {
		to = r.EndMS
	}
	return from, to
}

// divideToEven divides numbers that are not negative and rounds to the nearest integer, halves to the even one.
func divideToEven(p, q int64) int64 {
	quotient, rest := p/q, p%q
	if 2*rest > q || 2*rest == q && quotient%2 == 1 {
		quotient++
	}
	return quotient
}

func clip(value, least, most int64) int64 { return max(least, min(value, most)) }

package search

import (
	"math"
	"time"
)

// Series says which buckets of counts are wanted.
type Series int

// The series.
const (
	NoSeries      Series = iota
	LastDay              // 24 hours
	LastFortnight        // 14 days
	WholeWindow          // about 30 buckets over the window
)

// Buckets are equal steps of time, aligned to the epoch.
type Buckets struct {
	First  time.Time
	Step   time.Duration
	Number int
}

// End is the end of the last bucket.
func (b Buckets) End() time.Time { return b.First.Add(time.Duration(b.Number) * b.Step) }

// NewBuckets lays out a series: from its end back by steps while they reach its start, each cut down to a
// multiple of the step.
func NewBuckets(series Series, w Window, now time.Time) Buckets {
	start, end, step := w.Start, w.End, time.Hour
	switch series {
	case LastDay:
		start, end = now.Add(-23*time.Hour), now
	case LastFortnight:
		start, end, step = now.AddDate(0, 0, -13), now, 24*time.Hour
	case WholeWindow:
		step = autoStep(end.Sub(start))
	}
	number := int(end.Sub(start)/step) + 1
	last := floor(end, step)
	return Buckets{First: last.Add(-time.Duration(number-1) * step), Step: step, Number: number}
}

func floor(t time.Time, step time.Duration) time.Time {
	seconds := int64(step / time.Second)
	return time.Unix(t.Unix()-mod(t.Unix(), seconds), 0).UTC()
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

// autoStep keeps a series near thirty points with steps that people count in.
func autoStep(total time.Duration) time.Duration {
	const hour, day = time.Hour, 24 * time.Hour
	switch {
	case total < 24*hour:
		return max(time.Second, (total / 29).Truncate(time.Second))
	case total < 29*hour:
		return hour
	case total < 58*hour:
		return 2 * hour
	case total < 87*hour:
		return 3 * hour
	case total < 174*hour:
		return 6 * hour
	case total < 420*hour:
		return 12 * hour
	case total < 29*day:
		return day
	}
	return time.Duration(math.RoundToEven(float64(total)/float64(29*day))) * day
}

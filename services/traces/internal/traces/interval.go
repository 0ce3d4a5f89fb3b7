package traces

import "time"

// maxPoints is how many buckets a series has at most.
const maxPoints = 10_000

// ladder gives the width of buckets by the length of a window.
var ladder = []struct{ window, interval time.Duration }{
	{time.Hour, time.Minute},
	{6 * time.Hour, 5 * time.Minute},
	{48 * time.Hour, 30 * time.Minute},
	{14 * 24 * time.Hour, time.Hour},
	{30 * 24 * time.Hour, 4 * time.Hour},
}

const widest = 24 * time.Hour

// Buckets are equal times side by side; they begin at multiples of their width since the epoch.
type Buckets struct {
	First    time.Time
	Interval time.Duration
	Count    int
}

// BucketsOf covers a window. A width that is not wanted or too fine for the window gives way to that of the ladder.
func BucketsOf(from, to time.Time, wanted time.Duration) Buckets {
	if wanted <= 0 || to.Sub(from)/wanted >= maxPoints {
		wanted = widest
		for _, step := range ladder {
			if to.Sub(from) <= step.window {
				wanted = step.interval
				break
			}
		}
	}
	first := floor(from.UnixMicro(), wanted.Microseconds())
	return Buckets{
		First: time.UnixMicro(first).UTC(), Interval: wanted,
		Count: int((to.UnixMicro()-first-1)/wanted.Microseconds()) + 1,
	}
}

// Place is the bucket of a time in the window.
func (b Buckets) Place(micros int64) int {
	return int((micros - b.First.UnixMicro()) / b.Interval.Microseconds())
}

// Start is when a bucket begins.
func (b Buckets) Start(place int) time.Time { return b.First.Add(time.Duration(place) * b.Interval) }

func floor(n, step int64) int64 {
	rest := n % step
	if rest < 0 {
		rest += step
	}
	return n - rest
}

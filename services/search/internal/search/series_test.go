package search_test

import (
	"testing"
	"time"

	"github.com/picket-io/picket/services/search/internal/search"
)

func TestAutoSeriesHaveAboutThirtyBuckets(t *testing.T) {
	t.Parallel()
	const hour, day = time.Hour, 24 * time.Hour
	for total, want := range map[time.Duration]struct {
		step   time.Duration
		number int
	}{
		hour:     {124 * time.Second, 30},
		6 * hour: {744 * time.Second, 30},
		day:      {hour, 25},
		2 * day:  {2 * hour, 25},
		3 * day:  {3 * hour, 25},
		7 * day:  {6 * hour, 29},
		14 * day: {12 * hour, 29},
		30 * day: {day, 31},
		60 * day: {2 * day, 31},
		90 * day: {3 * day, 31},
	} {
		b := search.NewBuckets(search.WholeWindow, search.Window{Start: now.Add(-total), End: now}, now)
		if b.Step != want.step || b.Number != want.number {
			t.Errorf("%v: %d buckets of %v, want %d of %v", total, b.Number, b.Step, want.number, want.step)
		}
		if last := b.End().Add(-b.Step); last.After(now) || b.End().Before(now) {
			t.Errorf("%v: %v is not in the last bucket, which begins at %v", total, now, last)
		}
	}
}

func TestSeriesAreAlignedToTheirSteps(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.June, 15, 12, 34, 56, 0, time.UTC)
	for series, want := range map[search.Series]search.Buckets{
		search.LastDay:       {First: time.Date(2026, time.June, 14, 13, 0, 0, 0, time.UTC), Step: time.Hour, Number: 24},
		search.LastFortnight: {First: time.Date(2026, time.June, 2, 0, 0, 0, 0, time.UTC), Step: 24 * time.Hour, Number: 14},
	} {
		if got := search.NewBuckets(series, search.Window{}, at); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

package traces

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAggregatesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Aggregate{
		"count()": {Function: Count}, "count_unique(user)": {Function: CountUnique, Field: "user"},
		"sum(span.self_time)": {Function: Sum, Field: "span.self_time"}, "avg()": {Function: Average, Field: "span.duration"},
		"p95()": {Function: Quantile, Field: "span.duration", Quantile: 0.95}, "p100(measurements.lcp)": {Function: Quantile, Field: "measurements.lcp", Quantile: 1},
		" percentile( tags[a:b] , 0.5 ) ": {Function: Quantile, Field: "tags[a:b]", Quantile: 0.5},
		"any(x)":                          {Function: Minimum, Field: "x"}, "spm()": {Function: PerMinute}, "eps()": {Function: PerSecond},
	} {
		got, err := ParseAggregate(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"count": "parentheses", "median(x)": "no function", "count(x)": "too many", "sum()": "needs a field", "min(a, b)": "too many",
		"percentile(x)": "from 0 to 1", "percentile(x, 95)": "from 0 to 1", "percentile(, 0.5)": "needs a field", "percentile(x, NaN)": "from 0 to 1", "": "parentheses",
	} {
		if got, err := ParseAggregate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v, want an error with %q", text, got, err, want)
		}
	}
}

func TestQuantilesOfManyValuesAreNear(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for _, count := range []int{1, 2, 5, exactValues, exactValues + 1, 5 * exactValues} {
		var q quantiles
		values := make([]float64, count)
		for i := range values {
			values[i] = math.Exp(r.NormFloat64()*3) * float64(r.IntN(3)-1) // of all signs
			q.add(values[i])
		}
		slices.Sort(values)
		for _, at := range []float64{0, 0.01, 0.3, 0.5, 0.95, 1} {
			place := at * float64(count-1)
			below, above := values[int(math.Floor(place))], values[int(math.Ceil(place))]
			want := below + (above-below)*(place-math.Floor(place))
			allowed := 0.0
			if count > exactValues {
				allowed = tolerance * max(math.Abs(below), math.Abs(above)) * 1.0001
			}
			if got := q.at(at); math.Abs(got-want) > allowed {
				t.Errorf("of %d values, %v is %v, want %v", count, at, got, want)
			}
		}
	}
}

func TestBucketsCoverTheWindow(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
	for name, tc := range map[string]struct {
		window, wanted time.Duration
		want           Buckets
	}{
		"a minute in an hour":          {time.Hour, 0, Buckets{from.Add(-30 * time.Second), time.Minute, 61}},
		"5 minutes in 6 hours":         {6 * time.Hour, 0, Buckets{from.Add(-30 * time.Second), 5 * time.Minute, 73}},
		"30 minutes in two days":       {48 * time.Hour, 0, Buckets{from.Add(-30 * time.Second), 30 * time.Minute, 97}},
		"a day in a quarter":           {90 * 24 * time.Hour, 0, Buckets{from.Truncate(24 * time.Hour), 24 * time.Hour, 91}},
		"as wanted":                    {time.Hour, 10 * time.Minute, Buckets{from.Add(-30 * time.Second), 10 * time.Minute, 7}},
		"wider than the window":        {time.Minute, time.Hour, Buckets{from.Add(-30 * time.Second), time.Hour, 1}},
		"not so fine":                  {24 * time.Hour, time.Second, Buckets{from.Add(-30 * time.Second), 30 * time.Minute, 49}},
		"the end is not in the window": {30 * time.Second, 30 * time.Second, Buckets{from, 30 * time.Second, 1}},
	} {
		if diff := cmp.Diff(tc.want, BucketsOf(from, from.Add(tc.window), tc.wanted)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	b := BucketsOf(from, from.Add(time.Hour), 0)
	for at, want := range map[time.Duration]int{0: 0, 29 * time.Second: 0, 30 * time.Second: 1, time.Hour - time.Microsecond: 60} {
		if got := b.Place(from.Add(at).UnixMicro()); got != want {
			t.Errorf("%v is in bucket %d, want %d", at, got, want)
		}
	}
}

package traces

import (
	"math"
	"slices"
	"time"
)

// Accumulator takes the values of the spans of one time in and gives an aggregate of them.
type Accumulator struct {
	aggregate Aggregate
	interval  time.Duration

	count    int64
	sum      float64
	min, max float64
	distinct map[string]bool
	values   quantiles
}

// NewAccumulator makes an accumulator of spans in a time so long.
func NewAccumulator(aggregate Aggregate, interval time.Duration) *Accumulator {
	return &Accumulator{aggregate: aggregate, interval: interval}
}

// AddSpan counts a span.
func (a *Accumulator) AddSpan() { a.count++ }

// AddText takes a value in of which distinct ones are counted, and tells whether it is new.
func (a *Accumulator) AddText(text string) (isNew bool) {
	if a.distinct[text] {
		return false
	}
	if a.distinct == nil {
		a.distinct = map[string]bool{}
	}
	a.distinct[text] = true
	return true
}

// AddNumber takes the value of a span in.
func (a *Accumulator) AddNumber(n float64) {
	if a.count == 0 {
		a.min, a.max = n, n
	}
	a.count++
	a.sum += n
	a.min, a.max = min(a.min, n), max(a.max, n)
	if a.aggregate.Function == Quantile {
		a.values.add(n)
	}
}

// Value is the aggregate, and 0 of nothing.
func (a *Accumulator) Value() float64 {
	switch a.aggregate.Function {
	case CountUnique:
		return float64(len(a.distinct))
	case PerSecond:
		return float64(a.count) / a.interval.Seconds()
	case PerMinute:
		return float64(a.count) / a.interval.Minutes()
	case Sum:
		return a.sum
	case Minimum:
		return a.min
	case Maximum:
		return a.max
	case Average:
		if a.count == 0 {
			return 0
		}
		return a.sum / float64(a.count)
	case Quantile:
		return a.values.at(a.aggregate.Quantile)
	}
	return float64(a.count)
}

// quantiles keep values as they are while they are few, and then only how many are about equal, so that the spans of
// a busy time need no more room than those of a quiet one.
type quantiles struct {
	exact  []float64
	counts map[bin]int64
	total  int64
}

const (
	exactValues = 10_000
	tolerance   = 0.005 // of a value that is kept as a bin
)

var growth = (1 + tolerance) / (1 - tolerance)

// bin is the values of one sign from growth^(index-1), exclusive, to growth^index.
type bin struct{ sign, index int }

func binOf(n float64) bin {
	switch {
	case n == 0:
		return bin{}
	case n < 0:
		return bin{-1, binOf(-n).index}
	}
	return bin{1, int(math.Ceil(math.Log(n) / math.Log(growth)))}
}

func (b bin) value() float64 {
	return float64(b.sign) * 2 * math.Pow(growth, float64(b.index)) / (growth + 1)
}

func (q *quantiles) add(n float64) {
	q.total++
	if q.counts == nil {
		q.exact = append(q.exact, n)
		if len(q.exact) <= exactValues {
			return
		}
		q.counts = map[bin]int64{}
		for _, n := range q.exact {
			q.counts[binOf(n)]++
		}
		q.exact = nil
		return
	}
	q.counts[binOf(n)]++
}

// at interpolates between the two values next to the place of a quantile.
func (q *quantiles) at(quantile float64) float64 {
	if q.total == 0 {
		return 0
	}
	place := quantile * float64(q.total-1)
	below, above := q.nth(int64(math.Floor(place))), q.nth(int64(math.Ceil(place)))
	return below + (above-below)*(place-math.Floor(place))
}

func (q *quantiles) nth(n int64) float64 {
	if q.counts == nil {
		slices.Sort(q.exact)
		return q.exact[n]
	}
	bins := make([]bin, 0, len(q.counts))
	for b := range q.counts {
		bins = append(bins, b)
	}
	slices.SortFunc(bins, func(a, b bin) int {
		if a.sign != b.sign {
			return a.sign - b.sign
		}
		return a.sign * (a.index - b.index)
	})
	for _, b := range bins {
		if n -= q.counts[b]; n < 0 {
			return b.value()
		}
	}
	return bins[len(bins)-1].value()
}

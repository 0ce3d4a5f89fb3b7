package grouping

import (
	"math"
	"time"
)

// The forecast of docs/escalation.md. Its numbers are events an hour, one for each of 14 days.
const (
	ForecastDays    = 14
	ForecastWindow  = 28 * 24 * time.Hour // of history
	defaultForecast = 10
	fewHours        = 7 * 24 // of history do not show the days of a week
	shortFactor     = 10
	peakFactor      = 1.5
	spreadFactor    = 3
	aDay            = 24 * time.Hour
)

// Forecast says how many events an hour are expected at most.
type Forecast struct {
	FirstDay time.Time // midnight, UTC
	Numbers  []int64
}

// On gives the number of the day of a time; ok is false where the forecast does not reach.
func (x Forecast) On(t time.Time) (number int64, ok bool) {
	day := int(t.Sub(x.FirstDay) / aDay)
	if t.Before(x.FirstDay) || day >= len(x.Numbers) {
		return 0, false
	}
	return x.Numbers[day], true
}

// History is how many events a group had by hour. Hours without any may be absent.
type History map[time.Time]int64

// NewForecast makes the forecast of a group that was first seen at a time.
func NewForecast(history History, firstSeen, now time.Time) Forecast {
	now = now.UTC()
	forecast := Forecast{FirstDay: now.Truncate(aDay), Numbers: make([]int64, ForecastDays)}
	end := now.Truncate(time.Hour)
	begin := end.Add(-ForecastWindow)
	if first := firstSeen.UTC().Truncate(time.Hour); first.After(begin) {
		begin = first
	}
	s := season(history, begin, end)
	for i := range forecast.Numbers {
		number := s.expect(forecast.FirstDay.AddDate(0, 0, i).Weekday())
		forecast.Numbers[i] = max(defaultForecast, int64(math.Ceil(number)))
	}
	present := int64(math.Ceil(peakFactor * float64(history[end])))
	forecast.Numbers[0] = max(forecast.Numbers[0], present) // what goes on when it is archived is no escalation
	return forecast
}

// seasonal is what a history shows: the peak hours of days, by weekday.
type seasonal struct {
	hours    int
	peak     float64 // hour of all
	peaks    map[time.Weekday][]float64
	total    float64
	lastWeek float64
	everyDay []float64
}

func season(history History, begin, end time.Time) seasonal {
	s := seasonal{peaks: map[time.Weekday][]float64{}}
	daily := map[time.Time]float64{}
	for hour := begin; hour.Before(end); hour = hour.Add(time.Hour) {
		events, day := float64(history[hour]), hour.Truncate(aDay)
		s.hours++
		s.total += events
		s.peak = max(s.peak, events)
		daily[day] = max(daily[day], events)
		if !hour.Before(end.Add(-7 * aDay)) {
			s.lastWeek += events
		}
	}
	s.peak = max(s.peak, float64(history[end]))
	delete(daily, end.Truncate(aDay)) // today is not over
	for day := begin.Truncate(aDay); day.Before(end.Truncate(aDay)); day = day.Add(aDay) {
		s.peaks[day.Weekday()] = append(s.peaks[day.Weekday()], daily[day])
		s.everyDay = append(s.everyDay, daily[day])
	}
	return s
}

func (s seasonal) expect(weekday time.Weekday) float64 {
	if s.hours < fewHours {
		return shortFactor * s.peak
	}
	usual := s.peaks[weekday]
	if len(usual) == 0 {
		usual = s.everyDay
	}
	return peakFactor*s.trend()*mean(usual) + spreadFactor*s.spread()
}

// trend compares the last week with the average one, and believes in no more than a doubling or halving.
func (s seasonal) trend() float64 {
	if s.total == 0 {
		return 1
	}
	return min(2, max(0.5, s.lastWeek/(s.total*fewHours/float64(s.hours))))
}

// spread is the standard deviation of peaks from what is usual: on their weekday, once there are two of each.
func (s seasonal) spread() float64 {
	var squares float64
	for _, peaks := range s.peaks {
		usual := mean(peaks)
		if len(s.everyDay) < 2*7 {
			usual = mean(s.everyDay)
		}
		for _, peak := range peaks {
			squares += (peak - usual) * (peak - usual)
		}
	}
	return math.Sqrt(squares / float64(len(s.everyDay)))
}

func mean(values []float64) float64 {
	var sum float64
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

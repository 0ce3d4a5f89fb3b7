package grouping_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

var monday = time.Date(2026, 6, 1, 12, 20, 0, 0, time.UTC)

// historyOf makes the history that a cell of testdata/forecasts.txt describes, and when it begins.
func historyOf(t *testing.T, cell string) (grouping.History, time.Time) {
	t.Helper()
	words := strings.Fields(cell)
	days, err := strconv.Atoi(words[0])
	if err != nil {
		t.Fatal(err)
	}
	hour := monday.Truncate(time.Hour)
	begin := hour.AddDate(0, 0, -days)
	history := grouping.History{}
	fill := func(from time.Time, count func(time.Time) int64) {
		for at := from; at.Before(hour); at = at.Add(time.Hour) {
			history[at] = count(at)
		}
	}
	if words[1] == "daily" {
		fill(begin, func(at time.Time) int64 {
			if at.Hour() == 9 {
				return 1
			}
			return 0
		})
	} else {
		weekday, weekend, differs := strings.Cut(words[2], "/")
		fill(begin, func(at time.Time) int64 {
			if isWeekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday; differs && isWeekend {
				return parsed(t, weekend)
			}
			return parsed(t, weekday)
		})
	}
	for _, word := range words[2:] {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "now":
			history[hour] = parsed(t, value)
		case "week":
			fill(hour.AddDate(0, 0, -7), func(time.Time) int64 { return parsed(t, value) })
		}
	}
	return history, begin
}

func parsed(t *testing.T, text string) int64 {
	t.Helper()
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// TestForecasts walks the table of testdata/forecasts.txt, of which docs/escalation.md has some.
func TestForecasts(t *testing.T) {
	t.Parallel()
	walk(t, "testdata/forecasts.txt", func(t *testing.T, cell, days string) []string {
		history, begin := historyOf(t, cell)
		forecast := grouping.NewForecast(history, begin, monday)
		var numbers []string
		for _, day := range strings.Fields(days) {
			numbers = append(numbers, fmt.Sprint(forecast.Numbers[parsed(t, day)]))
		}
		return []string{strings.Join(numbers, " ")}
	})
}

func TestAForecastReachesFourteenDaysAndIsNeverBelowTen(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		hours := random.IntN(1000)
		history := grouping.History{}
		for h := range hours {
			if random.IntN(3) == 0 {
				history[monday.Truncate(time.Hour).Add(-time.Duration(h)*time.Hour)] = random.Int64N(1000)
			}
		}
		forecast := grouping.NewForecast(history, monday.Add(-time.Duration(hours)*time.Hour), monday)
		for day := range grouping.ForecastDays {
			if number, ok := forecast.On(monday.AddDate(0, 0, day)); !ok || number < 10 || number > 10_000 {
				t.Fatalf("day %d of a history of %d hours: %d, %v", day, hours, number, ok)
			}
		}
		for _, outside := range []time.Time{monday.AddDate(0, 0, -1), monday.AddDate(0, 0, grouping.ForecastDays)} {
			if _, ok := forecast.On(outside); ok {
				t.Fatalf("the forecast reaches %v", outside)
			}
		}
	}
}

package grouping_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/picket-io/picket/pkg/issue"
	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

// TestSightings walks the table of testdata/sightings.txt.
func TestSightings(t *testing.T) {
	t.Parallel()
	walkRules(t, "testdata/sightings.txt", func(t *testing.T, before, reads string) []string {
		group := sightedGroup(t, before)
		item := occurrence(0, "a", "h")
		item.Occurrence.Type, _ = issue.TypeByID(group.Type)
		item.Occurrence.Event.User.ID = "u"
		known := grouping.Known{Groups: map[grouping.Hash]int64{"h": 7}, Types: map[int64]int32{7: group.Type}}
		state := grouping.State{Groups: map[int64]*grouping.Group{7: group}, Facts: sightedFacts(t, reads)}
		items := []grouping.Item{item}
		effects := grouping.Fold(state, known, items, grouping.Resolve(items, known, make([]grouping.Verdict, 1), nil), noon)
		if group.Status == issue.Unresolved && group.Snooze != nil {
			t.Errorf("%s: it is open and waits for %+v", before, group.Snooze)
		}
		return afterwards(group, effects)
	})
}

// sightedGroup makes the group of a cell, of which words with `=` are the condition. It was seen once less than it will be.
func sightedGroup(t *testing.T, cell string) *grouping.Group {
	t.Helper()
	var words []string
	values := map[string]string{}
	for _, word := range strings.Fields(cell) {
		if key, value, ok := strings.Cut(word, "="); ok {
			values[key] = value
		} else if word != "aged" {
			words = append(words, word)
		}
	}
	group := groupOf(strings.Join(words, " "))
	group.FirstSeen = noon.Add(-23 * time.Hour)
	if strings.Contains(cell, "aged") {
		group.FirstSeen = noon.Add(-24 * time.Hour)
	}
	group.Counters.TimesSeen = 99
	snooze := grouping.Snooze{}
	for key, value := range values {
		switch key {
		case "for":
			snooze.Until = noon.Add(duration(t, value))
		case "count":
			snooze.Count = parsed(t, value)
		case "since":
			snooze.TimesSeen = parsed(t, value)
		case "window":
			snooze.Window = duration(t, value)
		case "users":
			snooze.UserCount = parsed(t, value)
		case "had":
			snooze.UsersSeen = parsed(t, value)
		case "userwindow":
			snooze.UserWindow = duration(t, value)
		case "times":
			group.Counters.TimesSeen = parsed(t, value) - 1
		default:
			t.Fatalf("unknown word %q", key)
		}
	}
	if snooze != (grouping.Snooze{}) {
		group.Snooze = &snooze
	}
	return group
}

func sightedFacts(t *testing.T, cell string) grouping.Facts {
	t.Helper()
	sightings := &grouping.Sightings{Known: map[string]bool{}}
	watch := &grouping.Watch{}
	facts := grouping.Facts{Sightings: map[int64]*grouping.Sightings{7: sightings}, Watched: map[int64]*grouping.Watch{7: watch}}
	for _, word := range strings.Fields(cell) {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "events":
			sightings.Events = parsed(t, value)
		case "users":
			sightings.Users = parsed(t, value)
		case "known":
			sightings.Known["id:u"] = true
		case "hour":
			watch.Events = parsed(t, value)
		case "forecast":
			watch.Forecast = grouping.Forecast{FirstDay: noon.Truncate(aDay)}
			for range grouping.ForecastDays {
				watch.Forecast.Numbers = append(watch.Forecast.Numbers, parsed(t, value))
			}
		case "threshold":
			var err error
			if facts.EscalationThreshold, err = strconv.ParseFloat(value, 64); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("unknown word %q", key)
		}
	}
	return facts
}

package grouping

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// New groups escalate when they come more often than almost all of their project.
const (
	newEscalatesFor   = 24 * time.Hour
	newEscalatesFrom  = 10 // events
	archiveForecast   = "forecast"
	escalateThreshold = "threshold"
)

// Watch is what must be known of a group that is archived until it escalates, or is to be.
type Watch struct {
	Forecast Forecast // none where it does not reach the present
	Events   int64    // in the present hour
	History  History  // where a forecast has to be made
}

// escalates says whether groups of its type do.
func (g *Group) escalates() bool {
	t, _ := issue.TypeByID(g.Type)
	return t.EscalationDetection
}

// IsWatched says whether a group waits for more events than were forecast.
func (g *Group) IsWatched() bool {
	return g.Status == issue.Ignored && g.Substatus == issue.UntilEscalating && g.escalates()
}

// mayEscalateAnew says whether a group is new enough, and was seen often enough, to escalate.
func (g *Group) mayEscalateAnew(now time.Time) bool {
	return g.Status == issue.Unresolved && g.Substatus == issue.New && g.escalates() &&
		g.FirstSeen.After(now.Add(-newEscalatesFor)) && g.Counters.TimesSeen >= newEscalatesFrom
}

// watch counts an item of a group that is archived until it escalates.
func (f *fold) watch(item Item, group *Group) {
	watch := f.state.Facts.Watched[group.ID]
	if watch == nil || !group.IsWatched() {
		return
	}
	if item.Occurrence.Event.SeenTime.Before(f.now.UTC().Truncate(time.Hour)) {
		return
	}
	watch.Events++
	if expected := f.expected(group, watch); watch.Events > expected {
		f.escalate(group, map[string]any{archiveForecast: expected})
	}
}

// expected reads the forecast for now, and makes one where there is none.
func (f *fold) expected(group *Group, watch *Watch) int64 {
	number, ok := watch.Forecast.On(f.now)
	if !ok {
		f.forecast(group)
		number, _ = watch.Forecast.On(f.now)
	}
	return number
}

// forecast makes a new forecast for a group.
func (f *fold) forecast(group *Group) {
	watch := f.state.Facts.Watched[group.ID]
	if watch == nil { // nothing is known of it
		watch = &Watch{}
	}
	watch.Forecast = NewForecast(watch.History, group.FirstSeen, f.now)
	f.effects.Forecasts[group.ID] = &watch.Forecast
}

// escalateAnew raises a group that is new and comes more often than its project is used to.
func (f *fold) escalateAnew(group *Group) {
	threshold := f.state.Facts.EscalationThreshold
	if threshold == 0 || !group.mayEscalateAnew(f.now) {
		return
	}
	hours := max(1, f.now.Sub(group.FirstSeen).Hours())
	if float64(group.Counters.TimesSeen)/hours > threshold {
		f.setEscalating(group, map[string]any{escalateThreshold: threshold})
	}
}

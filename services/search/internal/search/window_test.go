package search_test

import (
	"testing"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/pkg/searchquery/fields"
	"github.com/picket-io/picket/services/search/internal/search"
)

var now = time.Date(2026, time.June, 15, 12, 0, 0, 0, time.UTC)

func parse(t *testing.T, query string) searchquery.Node {
	t.Helper()
	tree, err := searchquery.Parse(query, fields.Issues())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestWindowsEndNowAndStayInsideTheRetention(t *testing.T) {
	t.Parallel()
	const retention = 30 * 24 * time.Hour
	retained := now.Add(-retention)
	hourAgo := now.Add(-time.Hour)
	for name, c := range map[string]struct{ start, end, wantStart, wantEnd time.Time }{
		"nothing given":        {time.Time{}, time.Time{}, retained, now.Add(time.Minute)},
		"a start":              {hourAgo, time.Time{}, hourAgo, now.Add(time.Minute)},
		"an end":               {time.Time{}, hourAgo, retained, hourAgo},
		"a start too long ago": {now.AddDate(-1, 0, 0), hourAgo, retained, hourAgo},
		"an end that is ahead": {hourAgo, now.Add(time.Hour), hourAgo, now.Add(time.Hour)},
		"an end without end":   {hourAgo, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), hourAgo, now.Add(24 * time.Hour)},
	} {
		want := search.Window{Start: c.wantStart, End: c.wantEnd}
		if got := search.NewWindow(c.start, c.end, now, retention); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestDatesOfAQueryNarrowTheWindowWhereTheyStandAlone(t *testing.T) {
	t.Parallel()
	whole := search.Window{Start: now.Add(-24 * time.Hour), End: now}
	at := func(hours float64) time.Time { return now.Add(-time.Duration(hours * float64(time.Hour))) }
	for query, want := range map[string]search.Window{
		"level:error":         whole,
		"timestamp:-3h":       {Start: at(3), End: now},
		"event.timestamp:+3h": {Start: whole.Start, End: at(3).Add(time.Microsecond)},
		"timestamp:>2026-06-15T10:00:00Z is:resolved":    {Start: at(2), End: now},
		"timestamp:-3h timestamp:<2026-06-15T11:00:00":   {Start: at(3), End: at(1)},
		"timestamp:2026-06-15":                           {Start: at(12), End: now},
		"timestamp:-3h OR level:error":                   whole,
		"NOT timestamp:-3h":                              whole,
		"age:-3h lastSeen:-3h tags[timestamp]:2026-06-1": whole,
		"timestamp:-90d":                                 whole,
	} {
		if got := whole.Narrow(parse(t, query), now); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestFeedbackIsFoundWhereItIsNamed(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]bool{
		"":                                       false,
		"issue.category:error":                   false,
		"issue.category:feedback":                true,
		"issue.category:[error, feedback]":       true,
		"is:resolved OR issue.category:FEEDBACK": true,
		"tags[issue.category]:feedback":          false,
		"feedback":                               false,
	} {
		if got := search.NamesFeedback(parse(t, query)); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

package store

import (
	"github.com/picket-io/picket/services/search/internal/search"
)

const (
	// wideWindow is so wide that most issues have their whole life in it, or what is kept of their days is less than their
	// events.
	wideWindow = 14 * day
	// fresh is how far back an event adds anything to a score by trends: half its weight is gone every few hours, and of a
	// million older ones a double would not see a trace beside the least that counts.
	fresh = 14 * day
)

// storedScore reports whether the scores of a query can be told from what is stored of issues: all events in a wide window
// match.
func storedScore(q search.Query) bool {
	p := split(q.Tree)
	if !p.exact(q) || len(p.aggregates) > 0 || q.Window.End.Sub(q.Window.Start) < wideWindow {
		return false
	}
	switch q.Sort {
	case search.ByNew, search.ByFreq, search.ByUser:
		return true
	case search.ByTrends:
		return q.Window.End.After(q.Now) && q.Window.Start.Before(q.Now.Add(-fresh))
	}
	return false
}

// scoredFromStored selects project, id and score of the issues g that match.
func (b *builder) scoredFromStored(q search.Query, fresh bool) (string, error) {
	start := b.arg(q.Window.Start)
	score, join := "", ""
	switch q.Sort {
	case search.ByFreq:
		score = "(CASE WHEN " + inside(start, b.arg(q.Window.End)) + " THEN g.times_seen ELSE " + b.eventsByDay(q.Window) + " END)::float8"
	case search.ByUser:
		end := b.arg(q.Window.End)
		score = "(CASE WHEN " + inside(start, end) + " THEN g.users_seen" +
			"\n  WHEN g.last_seen >= " + end + " THEN (SELECT " + distinctUsers + " FROM events e WHERE " + b.events(q.Window) + ")" +
			"\n  WHEN " + start + " - g.first_seen < g.last_seen - " + start + " THEN " + b.gone(q.Window) +
			"\n  ELSE " + b.remaining(q.Window) + " END)::float8"
	case search.ByTrends:
		score, join = b.storedTrends(q, start, fresh)
	default:
		score = micros(b.firstInWindow(q, start))
	}
	conditions, err := b.all(split(q.Tree).issues)
	if err != nil {
		return "", err
	}
	return "SELECT g.project_id, g.id, " + score + " AS score\nFROM issues g" + join + "\nWHERE " + b.issues(q) + conditions + "\n  AND " + b.alive("g.last_seen", q.Window), nil
}

func inside(start, end string) string {
	return "g.first_seen >= " + start + " AND g.last_seen < " + end
}

// firstInWindow is when the first event in the window was seen.
func (b *builder) firstInWindow(q search.Query, start string) string {
	return "(CASE WHEN g.first_seen >= " + start + " THEN g.first_seen ELSE " + b.edgeEvent(q.Window, "") + " END)"
}

// leastTrend is the score of every issue without fresh events: its first event is as old as they, so that each factor is the least.
const leastTrend = 0.01 * 0.01 * 0.01

// freshFill reports whether issues with fresh events are the page: it is full of scores above those of all others.
func freshFill(list []found, limit int) bool {
	return len(list) == limit && list[limit-1].score > leastTrend*1.000001
}

// storedTrends looks at fresh events only. What it cannot see is below the least that counts.
func (b *builder) storedTrends(q search.Query, start string, only bool) (score, join string) {
	t := b.trendParts(q)
	how := "LEFT JOIN"
	if only {
		how = "JOIN"
	}
	join = "\n" + how + " (" +
		"\n  SELECT e.project_id, e.group_id, " + t.freshness + " AS freshness, " + t.recent + " AS recent, " + t.overall + " AS overall" +
		"\n  FROM events e WHERE e.project_id = ANY(" + b.arg(q.Scope.ProjectIDs()) + ") AND e.seen_time >= " + b.arg(q.Now.Add(-fresh)) +
		" AND e.seen_time < " + b.arg(q.Window.End) + "\n  GROUP BY e.project_id, e.group_id" +
		"\n) t ON t.project_id = g.project_id AND t.group_id = g.id"
	return t.score(b.firstInWindow(q, start), "coalesce(t.freshness, 0)", "coalesce(t.recent, 0)", "coalesce(t.overall, 0)"), join
}

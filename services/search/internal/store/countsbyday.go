package store

import (
	"time"

	"github.com/picket-io/picket/services/search/internal/search"
)

// countedBy is a way to count the events and users of an issue in a window.
type countedBy int

const (
	byEvents    countedBy = iota // each of them
	byLife                       // what is stored: all lie in the window
	byGone                       // by day, and users less those who were last seen before the window
	byRemaining                  // by day, and users who were last seen in the window
)

// fewDays are so few that their events are counted as fast as their days.
const fewDays = 3

// waysToCount chooses how an issue is counted; stored says that its counters may be taken for it. Users in the window are those last
// seen in it, as long as the issue does not go on behind it; those who have gone are the fewer where the window has most of the
// issue's life.
func waysToCount(w search.Window, issue search.Issue, stored bool) countedBy {
	d := daysOf(w)
	switch {
	case stored && !issue.FirstSeen.Before(w.Start) && issue.LastSeen.Before(w.End):
		return byLife
	case !issue.LastSeen.Before(w.End) || d.end.Sub(d.first) < fewDays*day:
		return byEvents
	case stored && w.Start.Sub(issue.FirstSeen) < issue.LastSeen.Sub(w.Start):
		return byGone
	}
	return byRemaining
}

// countsOfLives builds the statement that tells what issues whose lives lie in the window have in the one environment that is asked,
// as far as that is known.
func countsOfLives(q search.Query, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	edge := func(order string) string {
		return "(SELECT e.seen_time FROM events e WHERE e.project_id = g.project_id AND e.group_id = g.id" + b.inScope("e.environment") +
			" AND e.seen_time >= g.first_seen AND e.seen_time <= g.last_seen ORDER BY e.seen_time" + order + " LIMIT 1)"
	}
	sql := "SELECT g.id, c.events, c.users,\n  " + edge("") + ",\n  " + edge(" DESC") + "\nFROM " + b.keysCounted(rows)
	return statement{sql, b.args}
}

// keysCounted is a relation g of the issues of rows with what is stored of them in the environment, c; without those of which it is not
// known.
func (b *builder) keysCounted(rows []search.Row) string {
	return b.keys(rows) + "\nJOIN issue_environment_counts c ON c.project_id = g.project_id AND c.group_id = g.id" + b.inScope("c.environment")
}

const day = 24 * time.Hour

// days are the whole days of a window, in UTC.
type days struct{ first, end time.Time }

func daysOf(w search.Window) days {
	return days{first: w.Start.Add(day - 1).Truncate(day), end: w.End.Truncate(day)}
}

// countsByDay builds the statement that counts events of whole days by what is kept of each day, and looks at the others.
func countsByDay(q search.Query, how countedBy, rows []search.Row) statement {
	b := &builder{scope: q.Scope, now: q.Now}
	users, from := b.remaining, b.keys
	if how == byGone {
		users = b.gone
	}
	last := "g.last_seen" // in the window, or their events would be counted
	if len(q.Scope.Environments) > 0 {
		last = b.edgeEvent(q.Window, " DESC")
		if how == byGone {
			from = b.keysCounted
		}
	}
	sql := "SELECT g.id, " + b.eventsByDay(q.Window) + ", " + users(q.Window) + ",\n  " + b.edgeEvent(q.Window, "") + ",\n  " + last +
		"\nFROM " + from(rows)
	return statement{sql, b.args}
}

// eventsByDay counts the events of an issue g.
func (b *builder) eventsByDay(w search.Window) string {
	d := daysOf(w)
	before, after := b.events(search.Window{Start: w.Start, End: d.first}), b.events(search.Window{Start: d.end, End: w.End})
	ofDays := "d.project_id = g.project_id AND d.group_id = g.id AND d.day >= " + b.arg(d.first) + " AND d.day < " + b.arg(d.end)
	ofDays += b.inScope("d.environment")
	return "((SELECT coalesce(sum(d.events), 0) FROM issue_days d WHERE " + ofDays + ")" +
		"\n  + (SELECT count(*) FROM events e WHERE " + before + ")" +
		"\n  + (SELECT count(*) FROM events e WHERE " + after + "))"
}

// edgeEvent is when the first event of an issue g in a window was seen, or in descending order the last.
func (b *builder) edgeEvent(w search.Window, order string) string {
	return "(SELECT e.seen_time FROM events e WHERE " + b.events(w) + " ORDER BY e.seen_time" + order + " LIMIT 1)"
}

// wholeFrom is the first whole day as rows of users have it.
func (b *builder) wholeFrom(d days) string { return b.arg(d.first) + "::date" }

// cut gives the whole days of a window with the events e of an issue g on the day before them.
func (b *builder) cut(w search.Window) (d days, before string) {
	d = daysOf(w)
	return d, b.events(search.Window{Start: w.Start, End: d.first})
}

// gone counts all users of an issue but those whose last day lies before the whole days, unless the day that the window
// cuts has an event of theirs behind the cut. A subquery that gives a value is looked up for each user by the hash; EXISTS may be
// answered by reading all users of the issue.
func (b *builder) gone(w search.Window) string {
	d, before := b.cut(w)
	first, ever := b.wholeFrom(d), "g.users_seen"
	if len(b.scope.Environments) > 0 {
		ever = "c.users"
	}
	return ever + " - (SELECT count(*) FROM (" +
		"\n    SELECT u.user_key FROM issue_users u WHERE u.project_id = g.project_id AND u.group_id = g.id AND u.last_day < " + first + b.inScope("u.environment") +
		"\n    EXCEPT SELECT e.user_key FROM events e WHERE " + before +
		"\n  ) gone WHERE (SELECT TRUE FROM issue_users o WHERE o.project_id = g.project_id AND o.group_id = g.id" +
		" AND o.user_key = gone.user_key" +
		" AND hashtextextended(o.user_key, o.group_id) = hashtextextended(gone.user_key, g.id) AND o.last_day >= " + first + b.inScope("o.environment") + " LIMIT 1) IS NULL)"
}

// remaining counts users whose last day is one of the whole days or later, and those of the day that the window cuts.
func (b *builder) remaining(w search.Window) string {
	d, before := b.cut(w)
	ofUsers := "u.project_id = g.project_id AND u.group_id = g.id AND u.last_day >= " + b.wholeFrom(d)
	ofUsers += b.inScope("u.environment")
	remaining := "(SELECT count(*) FROM (" +
		"\n    SELECT u.user_key FROM issue_users u WHERE " + ofUsers +
		"\n    UNION SELECT e.user_key FROM events e WHERE " + before + " AND e.user_key <> ''" +
		"\n  ) remaining)"
	if len(b.scope.Environments) != 1 {
		return remaining
	}
	return "CASE WHEN g.hashes > 1 THEN " + remaining + "\n  ELSE " + b.remainingRows(w) + " END"
}

// remainingRows counts the same of an issue with one hash in one environment: it has a row for each user, so that those of the
// whole days are counted in an index, which has no project.
func (b *builder) remainingRows(w search.Window) string {
	d, before := b.cut(w)
	first := b.wholeFrom(d)
	return "(SELECT count(*) FROM issue_users u WHERE u.group_id = g.id AND u.last_day >= " + first + b.inScope("u.environment") + ")" +
		"\n  + (SELECT count(*) FROM (SELECT DISTINCT e.user_key FROM events e WHERE " + before + " AND e.user_key <> '') cut" +
		"\n    WHERE (SELECT TRUE FROM issue_users o WHERE o.project_id = g.project_id AND o.group_id = g.id AND o.user_key = cut.user_key" +
		"\n      AND hashtextextended(o.user_key, o.group_id) = hashtextextended(cut.user_key, g.id) AND o.last_day >= " + first + b.inScope("o.environment") + " LIMIT 1) IS NULL)"
}

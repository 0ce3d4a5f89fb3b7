package store

import (
	"strconv"

	"github.com/picket-io/picket/services/search/internal/search"
)

const distinctUsers = "count(DISTINCT nullif(" + userIdentity + ", ''))"

// micros is a time as a double that holds every microsecond until the year 2255 exactly.
func micros(expr string) string { return "(extract(epoch FROM " + expr + ") * 1000000)::float8" }

// score is the number that orders the issues, an expression over m and g.
func (b *builder) score(sort search.Sort) string {
	switch sort {
	case search.ByNew:
		return micros("m.first_seen")
	case search.ByFreq:
		return "m.events::float8"
	case search.ByUser:
		return "m.users::float8"
	case search.ByInbox:
		return micros("g.inbox_added_at")
	case search.ByTrends:
		return b.trends()
	default:
		return micros("m.last_seen")
	}
}

// aggregates are the columns of m that every search needs, and those that its order needs.
func (b *builder) aggregates(q search.Query) string {
	columns := "count(*) AS events, " + distinctUsers + " AS users, min(e.seen_time) AS first_seen, max(e.seen_time) AS last_seen"
	if q.Sort == search.ByTrends {
		columns += b.trendsColumns(q)
	}
	return columns
}

// trendsColumns are sums over events. They are added up in one order: the sum of doubles depends on it, and a score
// that differs from page to page would lose rows.
func (b *builder) trendsColumns(q search.Query) string {
	now := b.arg(q.Now.Unix())
	recent, overall := search.TrendsVolume(q.Window)
	age := "(" + now + "::bigint - extract(epoch FROM e.seen_time))::float8"
	return ", sum(power(2, -" + age + " / 3600 / " + float(search.EventHalfLife) + ")" +
		" ORDER BY e.seen_time, e.kind, e.item_id) AS freshness" +
		", count(*) FILTER (WHERE " + age + " <= " + b.arg(recent) + "::bigint) AS recent" +
		", count(*) FILTER (WHERE " + age + " <= " + b.arg(overall) + "::bigint) AS overall"
}

func (b *builder) trends() string {
	age := "(" + b.arg(b.now.Unix()) + "::bigint - extract(epoch FROM m.first_seen))::float8 / 3600"
	return "greatest(0.01, 1 / power(2, least(16, " + age + " / " + float(search.IssueHalfLife) + ")))" +
		" * greatest(0.01, ln(1 + m.freshness))" +
		" * greatest(0.01, " + float(search.VolumeWeight) + " * m.recent / (m.overall + 1) / 10)"
}

func float(value float64) string { return strconv.FormatFloat(value, 'f', 1, 64) + "::float8" }

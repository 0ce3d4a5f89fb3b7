package store

import (
	"strconv"
	"time"

	"github.com/picket-io/picket/services/search/internal/search"
)

// distinctUsers compares bytes: the order of a language takes several times as long.
const distinctUsers = "count(DISTINCT nullif(" + userIdentity + ", '') COLLATE \"C\")"

// micros are the microseconds of a time since 1970 as a double. Those since 2020 are few enough for arithmetic in doubles to find the
// one that is meant, for 70 years before and after; numerics take several times as long.
func micros(expr string) string {
	return "(round(date_part('epoch', " + expr + " - '2020-01-01 00:00:00+00'::timestamptz) * 1e6) + 1577836800000000)"
}

// score is the number that orders the issues: an aggregate over their matching events.
func (b *builder) score(q search.Query) string {
	switch q.Sort {
	case search.ByNew:
		return micros("min(e.seen_time)")
	case search.ByFreq:
		return "count(*)::float8"
	case search.ByUser:
		return distinctUsers + "::float8"
	case search.ByInbox:
		return micros("max(g.inbox_added_at)")
	case search.ByTrends:
		return b.trends(q)
	case search.ByRecommended:
		return b.recommended(q)
	default:
		return micros("max(e.seen_time)")
	}
}

// trends adds whole numbers up: a sum of doubles depends on their order, and a score that differs from page to page would
// lose rows.
func (b *builder) trends(q search.Query) string {
	t := b.trendParts(q)
	return t.score("min(e.seen_time)", t.freshness, t.recent, t.overall)
}

// trendParts are aggregates over events e.
type trendParts struct{ now, freshness, recent, overall string }

func (b *builder) trendParts(q search.Query) trendParts {
	at := q.Now.Truncate(time.Second)
	now := b.arg(at) + "::timestamptz"
	since := func(seconds int64) string {
		return "count(*) FILTER (WHERE e.seen_time >= " + b.arg(at.Add(-time.Duration(seconds)*time.Second)) + ")"
	}
	recent, overall := search.TrendsVolume(q.Window)
	age := "date_part('epoch', " + now + " - e.seen_time)"
	return trendParts{
		now:       now,
		freshness: "sum((power(2, -" + age + " / 3600 / " + float(search.EventHalfLife) + ") * 1e15)::bigint)::float8 / 1e15",
		recent:    since(recent),
		overall:   since(overall),
	}
}

func (t trendParts) score(first, freshness, recent, overall string) string {
	youth := "date_part('epoch', " + t.now + " - " + first + ") / 3600 / " + float(search.IssueHalfLife)
	return "greatest(0.01, 1 / power(2, least(16, " + youth + ")))" +
		"\n         * greatest(0.01, ln(1 + " + freshness + "))" +
		"\n         * greatest(0.01, " + float(search.VolumeWeight) + " * " + recent + " / (" + overall + " + 1) / 10)"
}

// recommended adds up what search.Recommended names.
func (b *builder) recommended(q search.Query) string {
	w := search.Recommended
	now := b.arg(q.Now) + "::timestamptz"
	hours := "greatest(0, extract(epoch FROM " + now + " - max(e.seen_time))::float8) / 3600"
	since := func(d time.Duration) string {
		return "count(*) FILTER (WHERE e.seen_time > " + b.arg(q.Now.Add(-d)) + ")::float8"
	}
	saturating := func(count string, full int) string {
		return "least(1, ln(" + count + " + 1) / ln(" + float(float64(full)+1) + "))"
	}
	return float(w.Recency) + " * power(2, -" + hours + " / " + float(search.RecencyHalfLife.Hours()) + ")" +
		"\n         + " + float(w.Spike) + " * least(1, " + since(search.SpikeRecent) + " / (" + since(search.SpikeOverall) + " + 1))" +
		"\n         + " + float(w.Severity) + " * CASE max(e.level) WHEN 50 THEN 1 WHEN 40 THEN 0.75 WHEN 30 THEN 0.5 WHEN 20 THEN 0.25 ELSE 0 END::float8" +
		"\n         + " + float(w.Users) + " * " + saturating(distinctUsers+"::float8", search.FullUsers) +
		"\n         + " + float(w.Volume) + " * " + saturating("count(*)::float8", search.FullVolume) +
		"\n         + " + float(w.Outage) + " * bool_or(g.type = ANY(" + b.arg(typesWhere(search.IsOutage)) + "::int[]))::int"
}

func float(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) + "::float8" }

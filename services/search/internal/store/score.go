package store

import (
	"strconv"
	"time"

	"github.com/picket-io/picket/services/search/internal/search"
)

const distinctUsers = "count(DISTINCT nullif(" + userIdentity + ", ''))"

// micros is a time as a double that holds every microsecond until the year 2255 exactly.
func micros(expr string) string { return "(extract(epoch FROM " + expr + ") * 1000000)::float8" }

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
	now := b.arg(q.Now.Unix()) + "::bigint"
	recent, overall := search.TrendsVolume(q.Window)
	age := "(" + now + " - extract(epoch FROM e.seen_time))::float8"
	return trendParts{
		now:       now,
		freshness: "sum((power(2, -" + age + " / 3600 / " + float(search.EventHalfLife) + ") * 1e15)::bigint)::float8 / 1e15",
		recent:    "count(*) FILTER (WHERE " + age + " <= " + b.arg(recent) + "::bigint)",
		overall:   "count(*) FILTER (WHERE " + age + " <= " + b.arg(overall) + "::bigint)",
	}
}

func (t trendParts) score(first, freshness, recent, overall string) string {
	youth := "(" + t.now + " - extract(epoch FROM " + first + "))::float8 / 3600 / " + float(search.IssueHalfLife)
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

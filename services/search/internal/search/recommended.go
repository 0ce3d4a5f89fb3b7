package search

import (
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// Recommended are the weights of ByRecommended. Each part is a number from 0 to 1 over the matching events; without the
// outage the weights add up to 1.
//
//	recency   halves every RecencyHalfLife since the latest event
//	spike     events of SpikeRecent over those of SpikeOverall and one
//	severity  of the highest level: fatal 1, error 0.75, warning 0.5, info 0.25, below that 0
//	users     the logarithm of distinct users, full at FullUsers
//	volume    the logarithm of events, full at FullVolume
//	outage    1 for types that say that something is down
var Recommended = struct{ Recency, Spike, Severity, Users, Volume, Outage float64 }{
	Recency: 0.3, Spike: 0.2, Severity: 0.2, Users: 0.2, Volume: 0.1, Outage: 0.1,
}

// What the parts are measured by.
const (
	RecencyHalfLife = 24 * time.Hour
	SpikeRecent     = 6 * time.Hour
	SpikeOverall    = 3 * 24 * time.Hour
	FullUsers       = 1000
	FullVolume      = 10_000
)

// IsOutage reports whether issues of a type say that something is down.
func IsOutage(t issue.Type) bool {
	return t.Category == issue.CategoryUptime || t.Category == issue.CategoryCron
}

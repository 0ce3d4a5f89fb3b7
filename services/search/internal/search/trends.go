package search

// Weights of ByTrends: an event loses half its weight in EventHalfLife hours, an issue in IssueHalfLife hours after
// its first matching event, and the share of its events that are recent counts with VolumeWeight of 10.
const (
	EventHalfLife = 4.0
	IssueHalfLife = 12.0
	VolumeWeight  = 1.0
)

// TrendsVolume says which events are recent, and which they are compared with, in seconds before now.
func TrendsVolume(w Window) (recent, overall int64) {
	const hour, week = 3600, 7 * 24 * 3600
	seconds := int64(w.End.Sub(w.Start).Seconds())
	if seconds >= week {
		return hour, week
	}
	return seconds / 100, seconds
}

package ingest

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"
)

const (
	maxSeconds  = 253_402_300_800 // the year 10000
	maxExponent = 64              // of a number; more digits than that are no time
)

// layouts of times in words. Fractions of a second are read after each. A time without an offset is UTC; one with
// an offset is that instant.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02",
}

// parseTime reads a time as messages carry it, seconds since 1970 or words, cut to microseconds.
func parseTime(value any) (time.Time, bool) {
	switch v := value.(type) {
	case json.Number:
		return parseSeconds(v.String())
	case string:
		text := strings.TrimSpace(v)
		for _, layout := range layouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UTC().Truncate(time.Microsecond), inRange(t.Unix())
			}
		}
		return parseSeconds(text)
	default:
		return time.Time{}, false
	}
}

// parseSeconds reads a decimal exactly: as a float, 1717713781.1 lies beside the microsecond that was meant.
func parseSeconds(text string) (time.Time, bool) {
	approximate, err := strconv.ParseFloat(text, 64)
	if err != nil || !inRange(int64(approximate)) || approximate != approximate || len(text) > maxExponent {
		return time.Time{}, false
	}
	if _, exponent, found := strings.Cut(strings.ToLower(text), "e"); found {
		if n, err := strconv.Atoi(exponent); err != nil || n > maxExponent || n < -maxExponent {
			return time.Time{}, false
		}
	}
	seconds, ok := new(big.Rat).SetString(text)
	if !ok {
		return time.Time{}, false
	}
	micros := seconds.Mul(seconds, big.NewRat(1_000_000, 1))
	return time.UnixMicro(new(big.Int).Div(micros.Num(), micros.Denom()).Int64()).UTC(), true
}

func inRange(seconds int64) bool { return seconds > -maxSeconds && seconds < maxSeconds }

// SeenTime is when an event happened, as far as issues are concerned: its own time where that is plausible, else
// the item's; never later than its receipt.
func SeenTime(eventTime time.Time, item Item, retention time.Duration) time.Time {
	seen := item.Time
	plausible := !eventTime.IsZero() && !eventTime.Before(item.Received.Add(-retention)) &&
		!eventTime.After(item.Time.Add(MaxAhead))
	if plausible {
		seen = eventTime
	}
	if seen.After(item.Received) {
		return item.Received
	}
	return seen
}

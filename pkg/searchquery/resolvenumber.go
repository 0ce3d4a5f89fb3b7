package searchquery

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// unit is a suffix of a number and what it multiplies by.
type unit struct {
	suffix string
	factor float64
}

var (
	multiples = []unit{{"b", 1e9}, {"m", 1e6}, {"k", 1e3}}
	// durationUnits are in milliseconds; the printer takes the first that divides, so the preferred names come first.
	durationUnits = []unit{
		{"d", 86400e3},
		{"h", 3600e3},
		{"m", 60e3},
		{"s", 1e3},
		{"ms", 1},
		{"w", 7 * 86400e3},
		{"wk", 7 * 86400e3},
		{"day", 86400e3},
		{"hr", 3600e3},
		{"min", 60e3},
	}
	sizeUnits = []unit{
		{"bit", 0.125},
		{"nb", 0.5},
		{"bytes", 1},
		{"kb", 1e3},
		{"mb", 1e6},
		{"gb", 1e9},
		{"tb", 1e12},
		{"pb", 1e15},
		{"eb", 1e18},
		{"zb", 1e21},
		{"yb", 1e24},
		{"kib", 1 << 10},
		{"mib", 1 << 20},
		{"gib", 1 << 30},
		{"tib", 1 << 40},
		{"pib", 1 << 50},
		{"eib", 1 << 60},
		{"zib", 1 << 70},
		{"yib", 1 << 80},
	}
)

// maxDays bounds durations and relative dates, so that they stay within what 64 bits of milliseconds can tell.
const maxDays = 999_999_999

func findUnit(units []unit, suffix string) (unit, bool) {
	i := slices.IndexFunc(units, func(u unit) bool { return u.suffix == suffix })
	if i < 0 {
		return unit{}, false
	}
	return units[i], true
}

// splitNumber cuts a number, `-1.5` for instance, off the front of s. There is no exponent and no leading dot.
func splitNumber(s string) (number, suffix string, ok bool) {
	digits := func(i int) int {
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i
	}
	start := 0
	if strings.HasPrefix(s, "-") {
		start = 1
	}
	end := digits(start)
	if end == start {
		return "", s, false
	}
	if end < len(s) && s[end] == '.' {
		end = digits(end + 1)
	}
	return s[:end], s[end:], true
}

// number reads a number with the suffixes of the field's kind. Every kind also takes a plain number, in its base
// unit, with k, m or b; but m is minutes on a duration.
func (r resolver) number(field fields.Field, v rawText) (Value, error) {
	number, suffix, ok := splitNumber(v.text)
	if !ok || v.quoted {
		return nil, r.invalidNumber(field, v)
	}
	factor, ok := factorOf(field.Kind, suffix, number[0] == '-')
	if !ok {
		e := r.invalidNumber(field, v)
		if _, isDuration := findUnit(durationUnits, suffix); isDuration && field.Kind != fields.Duration {
			e.Message = strconv.Quote(suffix) + " is not a valid number suffix for " + field.Name
		}
		return nil, e
	}
	parsed, err := strconv.ParseFloat(number, 64)
	parsed *= factor
	if field.Kind == fields.Percentage && suffix == "%" {
		parsed /= 100
	}
	switch {
	case err != nil || math.IsInf(parsed, 0):
		e := r.invalidNumber(field, v)
		e.Message = "the number is too large"
		return nil, e
	case field.Kind == fields.Duration && parsed > maxDays*86400e3:
		e := r.invalidNumber(field, v)
		e.Message = "the duration is too long"
		e.Expected = "at most 999999999 days"
		return nil, e
	}
	return Number{Value: parsed + 0, Kind: field.Kind}, nil // + 0 makes one zero of the two
}

// factorOf finds what a suffix multiplies by. Units have no negative amounts.
func factorOf(kind fields.Kind, suffix string, negative bool) (float64, bool) {
	if suffix == "" {
		return 1, true
	}
	var u unit
	ok := false
	switch {
	case negative:
	case kind == fields.Duration:
		u, ok = findUnit(durationUnits, suffix)
	case kind == fields.Size:
		u, ok = findUnit(sizeUnits, strings.ToLower(suffix))
	case kind == fields.Percentage && suffix == "%":
		u, ok = unit{factor: 1}, true
	}
	if !ok {
		u, ok = findUnit(multiples, strings.ToLower(suffix))
	}
	return u.factor, ok
}

func (r resolver) invalidNumber(field fields.Field, v rawText) *Error {
	names := map[fields.Kind]string{
		fields.Number: "number", fields.Duration: "duration", fields.Size: "size", fields.Percentage: "percentage",
	}
	return r.refuse(field, v, "invalid "+names[field.Kind]+" for "+field.Name, expectedValues[field.Kind])
}

// isAggregateValue reports whether an aggregate function may be compared with a text. `count():many` is no filter.
func isAggregateValue(s string) bool {
	if isoDate.MatchString(s) || relativeDate.MatchString(s) {
		return true
	}
	number, suffix, ok := splitNumber(s)
	if !ok {
		return false
	}
	for _, kind := range []fields.Kind{fields.Duration, fields.Size, fields.Percentage} {
		if _, ok := factorOf(kind, suffix, number[0] == '-'); ok {
			return true
		}
	}
	return false
}

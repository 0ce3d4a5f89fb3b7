package searchquery

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	isoDate      = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$`)
	relativeDate = regexp.MustCompile(`^[+-][0-9]+[wdhm]$`)
)

// A time of day without an operator means the minutes around it, because people type what they read on a clock.
const (
	beforeInstant = 5 * time.Minute
	afterInstant  = 6 * time.Minute
)

// date reads the value of a date field and settles the operator. Ranges have no opposite that is a single filter, so
// the exclamation mark is refused on all dates; NOT works.
func (r resolver) date(raw *rawFilter, v rawText, f *Filter) error {
	if v.text == "" && v.quoted && !f.Op.ordered() {
		f.Value = String("")
		if raw.negated {
			f.Op = opposites[f.Op]
		}
		return nil
	}
	if raw.negated {
		e := r.invalidDate(f.Key, v)
		e.Message = "dates cannot be negated with an exclamation mark"
		e.Expected = "NOT before the filter"
		return e
	}
	switch {
	case v.quoted:
	case relativeDate.MatchString(v.text) && raw.op == "":
		return r.relative(v, f)
	case isoDate.MatchString(v.text):
		return r.absolute(v, raw.op != "", f)
	}
	return r.invalidDate(f.Key, v)
}

func (r resolver) relative(v rawText, f *Filter) error {
	last := len(v.text) - 1
	amount, err := strconv.ParseInt(v.text[1:last], 10, 64)
	d := RelativeDate{Amount: amount, Unit: v.text[last]}
	if err != nil || amount > maxDays*relativeUnits['d']/relativeUnits[d.Unit] {
		e := r.invalidDate(f.Key, v)
		e.Message = "the date is too far away"
		e.Expected = "at most 999999999 days"
		return e
	}
	f.Op = GreaterOrEqual
	if v.text[0] == '+' {
		f.Op = LessOrEqual
	}
	f.Value = d
	return nil
}

func (r resolver) absolute(v rawText, compared bool, f *Filter) error {
	at, err := parseDate(v.text)
	if err != nil || at.Year() == 0 {
		e := r.invalidDate(f.Key, v)
		e.Message = "not a valid ISO 8601 date"
		e.Expected = "a day and a time that exist"
		return e
	}
	switch {
	case compared:
		f.Value = Date{From: at}
	case strings.Contains(v.text, "T"):
		f.Value = Date{From: at.Add(-beforeInstant), To: at.Add(afterInstant)}
	default:
		f.Value = Date{From: at, To: at.AddDate(0, 0, 1)}
	}
	return nil
}

// parseDate reads a text that looks like an ISO date. Without an offset it is in UTC.
func parseDate(s string) (time.Time, error) {
	layout := time.DateOnly
	if strings.Contains(s, "T") {
		layout += "T15:04:05"
	}
	if strings.HasSuffix(s, "Z") || len(s) > 6 && s[len(s)-3] == ':' && strings.ContainsAny(s[len(s)-6:len(s)-5], "+-") {
		layout += "Z07:00"
	}
	// Parse would take the machine's zone for an offset that equals its own.
	return time.ParseInLocation(layout, s, time.UTC)
}

func (r resolver) invalidDate(key string, v rawText) *Error {
	return &Error{
		Column:   column(r.text, v.pos),
		Message:  "invalid date for " + key,
		Found:    excerpt(v.text),
		Expected: "a duration with a sign (e.g. -24h or +1w) or an ISO 8601 date (e.g. 2024-01-31 or 2024-01-31T10:00:00Z)",
	}
}

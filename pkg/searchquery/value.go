package searchquery

import (
	"time"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// Value is what a field is compared with: a String, Pattern, Number, Enum, Date, RelativeDate or List.
type Value interface{ value() }

// String is compared as it is, in the case given. `me`, `my_teams`, `none`, `#team` and `latest` are left to the
// search, which knows who asks.
type String string

// Number is in the base unit of its kind: milliseconds, bytes, or the ratio of a percentage.
type Number struct {
	Value float64
	Kind  fields.Kind
}

// Enum is a named number: the choice of an enumeration, an answer of `is:` (1 for yes, 0 for no), or true and false.
type Enum struct {
	Name   string
	Number int
}

// Date is an instant when To is zero. Otherwise it was written without an operator and means From <= t < To.
type Date struct{ From, To time.Time }

// RelativeDate is that long before now: with GreaterOrEqual it was written -24h, with LessOrEqual +24h.
type RelativeDate struct {
	Amount int64
	Unit   byte // m, h, d or w
}

// List goes with In and NotIn. Its items are all Strings, all Numbers or all Enums; * has no meaning in them.
type List []Value

func (String) value()       {}
func (Pattern) value()      {}
func (Number) value()       {}
func (Enum) value()         {}
func (Date) value()         {}
func (RelativeDate) value() {}
func (List) value()         {}

// At is the instant that the date stands for when it is now, but never before the year 1.
func (d RelativeDate) At(now time.Time) time.Time {
	at := time.Unix(now.Unix()-d.Amount*relativeUnits[d.Unit], int64(now.Nanosecond())).UTC()
	if at.Before(time.Time{}) {
		return time.Time{}
	}
	return at
}

// relativeUnits are in seconds.
var relativeUnits = map[byte]int64{'m': 60, 'h': 60 * 60, 'd': 24 * 60 * 60, 'w': 7 * 24 * 60 * 60}

package searchquery

import (
	"math"
	"strconv"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// printList puts quotes around the items that need them. One that ends with a backslash cannot have them and must
// have come without.
func printList(items List) string {
	parts := make([]string, 0, len(items))
	for _, item := range items {
		switch item := item.(type) {
		case Number:
			parts = append(parts, printNumber(item))
		case Enum:
			parts = append(parts, item.Name)
		case String:
			parts = append(parts, printItem(string(item)))
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func printItem(s string) string {
	if s == "" || strings.ContainsAny(s, "[](), \t\n\r") && !strings.HasSuffix(s, `\`) {
		return quote(s)
	}
	return escapeQuotes(s)
}

// printNumber takes the largest unit that gives exactly the same number back.
func printNumber(n Number) string {
	var units []unit
	switch n.Kind {
	case fields.Number:
		units = multiples
	case fields.Duration:
		units = durationUnits
	case fields.Size:
		units = []unit{{"bytes", 1}}
	}
	for _, u := range units {
		if n.Value < u.factor || math.Mod(n.Value, u.factor) != 0 {
			continue
		}
		if text := formatFloat(n.Value / u.factor); reads(text, u.factor, n.Value) {
			return text + u.suffix
		}
	}
	return formatFloat(n.Value)
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func reads(text string, factor, want float64) bool {
	got, err := strconv.ParseFloat(text, 64)
	return err == nil && got*factor == want
}

const timeLayout = "2006-01-02T15:04:05.999999Z07:00"

// printDate writes a comparison with its operator, `=` included, since a date without one is a range.
func printDate(d Date, op Op) string {
	if d.To.IsZero() {
		return string(op) + d.From.Format(timeLayout)
	}
	if d.To.Sub(d.From) == beforeInstant+afterInstant {
		return d.From.Add(beforeInstant).Format(timeLayout)
	}
	return strings.TrimSuffix(d.From.Format("2006-01-02Z07:00"), "Z")
}

func printRelative(d RelativeDate, op Op) string {
	sign := "-"
	if op == LessOrEqual {
		sign = "+"
	}
	return sign + strconv.FormatInt(d.Amount, 10) + string(d.Unit)
}

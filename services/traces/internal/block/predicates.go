package block

import (
	"slices"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery"
)

// textPredicate is what a filter asks of a text; the empty text stands for no value.
func textPredicate(f *searchquery.Filter) func(string) bool {
	switch v := f.Value.(type) {
	case searchquery.Pattern:
		return func(text string) bool { return v.Match(text, false) }
	case searchquery.List:
		wanted := texts(v)
		return func(text string) bool { return slices.Contains(wanted, text) }
	default:
		wanted := textOf(v)
		return func(text string) bool { return text == wanted }
	}
}

func within(v searchquery.Value) func(string) bool {
	var conditions []func(string) bool
	for _, item := range items(v) {
		switch item := item.(type) {
		case searchquery.Pattern:
			conditions = append(conditions, func(text string) bool { return item.MatchWithin(text, true) })
		default:
			wanted := strings.ToLower(textOf(item))
			conditions = append(conditions, func(text string) bool {
				if wanted == "" {
					return text == ""
				}
				return strings.Contains(strings.ToLower(text), wanted)
			})
		}
	}
	return func(text string) bool {
		return slices.ContainsFunc(conditions, func(is func(string) bool) bool { return is(text) })
	}
}

// numberPredicate is what a filter asks of a number that is there.
func numberPredicate(f *searchquery.Filter) func(float64) bool {
	switch v := f.Value.(type) {
	case searchquery.Number:
		return func(n float64) bool { return compareNumbers(f.Op, n, v.Value) }
	case searchquery.List:
		return func(n float64) bool {
			return slices.ContainsFunc(v, func(item searchquery.Value) bool {
				number, ok := item.(searchquery.Number)
				return ok && number.Value == n
			})
		}
	}
	return func(float64) bool { return false } // the empty text
}

func compareNumbers(op searchquery.Op, a, b float64) bool {
	switch {
	case a < b:
		return ordered(op, -1)
	case a > b:
		return ordered(op, 1)
	}
	return a == b && ordered(op, 0)
}

// ordered tells whether an operator holds of two things that compare so.
func ordered(op searchquery.Op, comparison int) bool {
	switch op {
	case searchquery.Less:
		return comparison < 0
	case searchquery.LessOrEqual:
		return comparison <= 0
	case searchquery.Greater:
		return comparison > 0
	case searchquery.GreaterOrEqual:
		return comparison >= 0
	}
	return comparison == 0
}

// items are the items of a list, or the one value.
func items(v searchquery.Value) []searchquery.Value {
	if list, ok := v.(searchquery.List); ok {
		return list
	}
	return []searchquery.Value{v}
}

func texts(v searchquery.Value) []string {
	var all []string
	for _, item := range items(v) {
		all = append(all, textOf(item))
	}
	return all
}

func textOf(v searchquery.Value) string {
	text, _ := v.(searchquery.String)
	return string(text)
}

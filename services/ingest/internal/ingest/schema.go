package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/picket-io/picket/pkg/fault"
)

// rule checks a decoded JSON value and says the first thing that is wrong with it, or nothing. The field that it names
// is a path from the value, which its callers complete.
type rule func(value any) *fault.Violation

func below(path string, violation *fault.Violation) *fault.Violation {
	if violation != nil {
		violation.Field = path + violation.Field
	}
	return violation
}

const expected = ", expected "

func leaf(want string, holds func(value any) bool) rule {
	return func(value any) *fault.Violation {
		if holds(value) {
			return nil
		}
		return &fault.Violation{Description: "is " + kindOf(value) + expected + want}
	}
}

var (
	anything  = leaf("anything", func(any) bool { return true })
	isText    = leaf("a string", func(v any) bool { _, ok := v.(string); return ok })
	isNumber  = leaf("a number", func(v any) bool { _, ok := v.(json.Number); return ok })
	isInteger = leaf("an integer", func(v any) bool { _, ok := integer(v); return ok })
	isList    = leaf("a list", func(v any) bool { _, ok := v.([]any); return ok })
	isObject  = object(nil, nil, anything)
	isFilled  = leaf("a string that is not empty", func(v any) bool { text, ok := v.(string); return ok && text != "" })
	unknown   = func(any) *fault.Violation { return &fault.Violation{Description: "is not a known field"} }
)

func oneOf(words ...string) rule {
	return leaf(fmt.Sprintf("one of %v", words), func(v any) bool {
		text, ok := v.(string)
		return ok && slices.Contains(words, text)
	})
}

func orNull(r rule) rule {
	return func(value any) *fault.Violation {
		if value == nil {
			return nil
		}
		return r(value)
	}
}

// either holds when one of two rules does. Otherwise that one speaks which would have the value itself and not a part of
// it; where neither would, it is said what both expect.
func either(first, second rule) rule {
	return func(value any) *fault.Violation {
		one := first(value)
		if one == nil {
			return nil
		}
		other := second(value)
		if other == nil {
			return nil
		}
		if one.Field != "" {
			return one
		}
		if _, wants, ok := strings.Cut(other.Description, expected); ok && other.Field == "" {
			one.Description += " or " + wants
			return one
		}
		return other
	}
}

func listOf(r rule) rule {
	return func(value any) *fault.Violation {
		list, ok := value.([]any)
		if !ok {
			return isList(value)
		}
		for i, element := range list {
			if violation := r(element); violation != nil {
				return below(fmt.Sprintf("[%d]", i), violation)
			}
		}
		return nil
	}
}

func pairOf(r rule) rule {
	list := listOf(r)
	return func(value any) *fault.Violation {
		if pair, ok := value.([]any); ok && len(pair) != 2 {
			return &fault.Violation{Description: fmt.Sprintf("has %d elements, expected 2", len(pair))}
		}
		return list(value)
	}
}

// object checks the fields it names, and all others by rest.
func object(required []string, fields map[string]rule, rest rule) rule {
	return func(value any) *fault.Violation {
		content, ok := value.(map[string]any)
		if !ok {
			return &fault.Violation{Description: "is " + kindOf(value) + expected + "an object"}
		}
		for _, name := range required {
			if _, ok := content[name]; !ok {
				return &fault.Violation{Field: "." + name, Description: "is required"}
			}
		}
		var first *fault.Violation // by name, so that the same event is always told the same
		for name, element := range content {
			check := fields[name]
			if check == nil {
				check = rest
			}
			if violation := check(element); violation != nil {
				if below("."+name, violation); first == nil || violation.Field < first.Field {
					first = violation
				}
			}
		}
		return first
	}
}

func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "the number " + Clean(v.String(), 32)
	case string:
		return fmt.Sprintf("the string %q", Clean(v, 32))
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

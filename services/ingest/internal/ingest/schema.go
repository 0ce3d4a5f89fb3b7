package ingest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/picket-io/picket/pkg/fault"
)

// rule checks a decoded JSON value and says the first thing that is wrong with it, or nothing.
type rule func(path string, value any) *fault.Violation

func leaf(want string, holds func(value any) bool) rule {
	return func(path string, value any) *fault.Violation {
		if holds(value) {
			return nil
		}
		return &fault.Violation{Field: path, Description: fmt.Sprintf("is %s, expected %s", kindOf(value), want)}
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
	unknown   = func(path string, _ any) *fault.Violation {
		return &fault.Violation{Field: path, Description: "is not a known field"}
	}
)

func oneOf(words ...string) rule {
	return leaf(fmt.Sprintf("one of %v", words), func(v any) bool {
		text, ok := v.(string)
		return ok && slices.Contains(words, text)
	})
}

func orNull(r rule) rule {
	return func(path string, value any) *fault.Violation {
		if value == nil {
			return nil
		}
		return r(path, value)
	}
}

// either holds when one of the rules does; otherwise the first one speaks.
func either(first rule, others ...rule) rule {
	return func(path string, value any) *fault.Violation {
		violation := first(path, value)
		for _, other := range others {
			if violation != nil && other(path, value) == nil {
				return nil
			}
		}
		return violation
	}
}

func listOf(r rule) rule {
	return func(path string, value any) *fault.Violation {
		list, ok := value.([]any)
		if !ok {
			return isList(path, value)
		}
		for i, element := range list {
			if violation := r(fmt.Sprintf("%s[%d]", path, i), element); violation != nil {
				return violation
			}
		}
		return nil
	}
}

func pairOf(r rule) rule {
	list := listOf(r)
	return func(path string, value any) *fault.Violation {
		if pair, ok := value.([]any); ok && len(pair) != 2 {
			return &fault.Violation{Field: path, Description: fmt.Sprintf("has %d elements, expected 2", len(pair))}
		}
		return list(path, value)
	}
}

// object checks the fields it names, and all others by rest.
func object(required []string, fields map[string]rule, rest rule) rule {
	return func(path string, value any) *fault.Violation {
		content, ok := value.(map[string]any)
		if !ok {
			return &fault.Violation{Field: path, Description: fmt.Sprintf("is %s, expected an object", kindOf(value))}
		}
		for _, name := range required {
			if _, ok := content[name]; !ok {
				return &fault.Violation{Field: path + "." + name, Description: "is required"}
			}
		}
		var first *fault.Violation // by name, so that the same event is always told the same
		for name, element := range content {
			check := fields[name]
			if check == nil {
				check = rest
			}
			violation := check(path+"."+name, element)
			if violation != nil && (first == nil || violation.Field < first.Field) {
				first = violation
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

package traces

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"unicode/utf8"
)

// Limits of what is kept of a span. Longer texts are cut at a character's end.
const (
	MaxKeyBytes   = 256
	MaxTextBytes  = 32 << 10
	MaxNameBytes  = 1 << 10 // names and what is derived from attributes into fields of their own
	maxValueDepth = 8       // deeper values are kept as JSON text, so that every client can read the answer
)

// clean makes attributes storable: bytes become text, numbers that JSON does not have become their names.
func clean(attributes map[string]any) Attributes {
	cleaned := make(Attributes, len(attributes))
	addClean(cleaned, "", attributes)
	return cleaned
}

// addClean adds attributes under a prefix. What is there already stays.
func addClean(to Attributes, prefix string, attributes map[string]any) {
	for key, value := range attributes {
		name := cut(prefix+key, MaxKeyBytes)
		if _, taken := to[name]; !taken && name != "" {
			to[name] = cleanValue(value, 1)
		}
	}
}

func cleanValue(value any, depth int) any {
	switch value := value.(type) {
	case string:
		return cut(value, MaxTextBytes)
	case []byte:
		if utf8.Valid(value) {
			return cut(string(value), MaxTextBytes)
		}
		return cut(base64.StdEncoding.EncodeToString(value), MaxTextBytes)
	case float64:
		return cleanFloat(value)
	case []any:
		return cleanNested(depth, func() any {
			items := make([]any, len(value))
			for i, item := range value {
				items[i] = cleanValue(item, depth+1)
			}
			return items
		})
	case map[string]any:
		return cleanNested(depth, func() any {
			fields := make(map[string]any, len(value))
			for key, field := range value {
				fields[cut(key, MaxKeyBytes)] = cleanValue(field, depth+1)
			}
			return fields
		})
	default: // bool, int64 and nothing
		return value
	}
}

func cleanNested(depth int, nested func() any) any {
	value := nested()
	if depth != maxValueDepth {
		return value
	}
	text, err := json.Marshal(value)
	if err != nil { // what was cleaned can be marshalled
		return nil
	}
	return cut(string(text), MaxTextBytes)
}

func cleanFloat(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}

// Clean gives a text the form in which it is kept, but for its length.
func Clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// cut makes a text that PostgreSQL stores, of at most so many bytes.
func cut(text string, most int) string {
	text = Clean(text)
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

package ingest

import (
	"encoding/json"
	"strconv"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/issue"
)

// ReasonMalformed is the reason of a fault about bytes that are not a JSON object.
const ReasonMalformed = "MALFORMED"

func malformed(description string) error {
	err := fault.InvalidField("", "%s", cleanText(description))
	err.Reason = ReasonMalformed
	return err
}

func integer(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	return issue.Integer(number.String())
}

// WithoutHugeNumbers makes a number that no double holds its text, in decoded JSON, which it changes in its place.
func WithoutHugeNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if _, err := v.Float64(); err != nil {
			return v.String()
		}
	case map[string]any:
		for key, element := range v {
			v[key] = WithoutHugeNumbers(element)
		}
	case []any:
		for i, element := range v {
			v[i] = WithoutHugeNumbers(element)
		}
	}
	return value
}

// scalarText gives a text, or the text of a number or a boolean; null is empty.
func scalarText(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

func stringOrEmpty(value any) string {
	text, _ := value.(string)
	return text
}

func objectOrNil(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

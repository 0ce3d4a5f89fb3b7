package errorevent

import (
	"encoding/json"
	"strconv"
)

func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

// values reads a list of objects: bare, below `values`, or a single one.
func values(value any) []map[string]any {
	list, isList := value.([]any)
	if o := object(value); o != nil {
		if list, isList = o["values"].([]any); !isList {
			if _, wrapped := o["values"]; wrapped {
				return nil
			}
			return []map[string]any{o}
		}
	}
	var objects []map[string]any
	for _, element := range list {
		if o := object(element); o != nil {
			objects = append(objects, o)
		}
	}
	return objects
}

// text gives a text or the text of a number or boolean; anything else is written as JSON.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		content, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(content)
	}
}

func isTrue(value any) bool {
	b, _ := value.(bool)
	return b
}

func integer(value any) *int64 {
	number, ok := value.(float64)
	if !ok || number != float64(int64(number)) {
		return nil
	}
	n := int64(number)
	return &n
}

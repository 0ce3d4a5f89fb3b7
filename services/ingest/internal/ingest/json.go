package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/picket-io/picket/pkg/fault"
)

// ReasonMalformed is the reason of a fault about bytes that are not a JSON object.
const ReasonMalformed = "MALFORMED"

// DecodeObject reads one JSON object. Its numbers are json.Number: a float would change times and large ids.
func DecodeObject(data []byte) (map[string]any, error) {
	if deeperThan(data, MaxDepth) {
		return nil, malformed(fmt.Sprintf("is nested more than %d levels deep", MaxDepth))
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, malformed("is not a JSON object: " + err.Error())
	}
	if object == nil {
		return nil, malformed("is null, expected a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("has more than one JSON value")
	}
	return object, nil
}

// deeperThan counts brackets outside of texts. What it says of bytes that are no JSON does not matter.
func deeperThan(data []byte, limit int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > limit {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

func malformed(description string) error {
	err := fault.InvalidField("", "%s", cleanText(description))
	err.Reason = ReasonMalformed
	return err
}

// encode is json.Marshal without the escapes for HTML. Values that were decoded always encode.
func encode(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// integer gives an integral number, whatever way it is written: 1.0 is one.
func integer(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(number.String(), 10, 64); err == nil {
		return n, true
	}
	const exact = 1 << 53
	f, err := number.Float64()
	if err != nil || f != float64(int64(f)) || f > exact || f < -exact {
		return 0, false
	}
	return int64(f), true
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

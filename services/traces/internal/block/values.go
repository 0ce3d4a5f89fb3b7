package block

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// The kinds of attribute values. The numbers are stored.
const (
	kindNone byte = iota
	kindText
	kindInt
	kindFloat
	kindFalse
	kindTrue
	kindJSON // arrays and maps
)

// value is the stored form of an attribute's value: its kind, and its content.
type value struct {
	kind    byte
	content []byte
}

func encodeValue(of any) ([]byte, error) {
	switch of := of.(type) {
	case nil:
		return []byte{kindNone}, nil
	case string:
		return append([]byte{kindText}, of...), nil
	case int64:
		return binary.AppendVarint([]byte{kindInt}, of), nil
	case float64:
		return binary.BigEndian.AppendUint64([]byte{kindFloat}, math.Float64bits(of)), nil
	case bool:
		if of {
			return []byte{kindTrue}, nil
		}
		return []byte{kindFalse}, nil
	}
	content, err := json.Marshal(of)
	if err != nil {
		return nil, fmt.Errorf("attribute as JSON: %w", err)
	}
	return append([]byte{kindJSON}, content...), nil
}

func (v value) int() int64 {
	n, _ := binary.Varint(v.content)
	return n
}

func (v value) float() float64 {
	if len(v.content) != 8 {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(v.content))
}

// number is the value when it is a number.
func (v value) number() (float64, bool) {
	switch v.kind {
	case kindInt:
		return float64(v.int()), true
	case kindFloat:
		return v.float(), true
	}
	return 0, false
}

// text is how the value is written; nothing is the empty text.
func (v value) text() string {
	switch v.kind {
	case kindText, kindJSON:
		return string(v.content)
	case kindInt:
		return strconv.FormatInt(v.int(), 10)
	case kindFloat:
		return strconv.FormatFloat(v.float(), 'f', -1, 64)
	case kindFalse:
		return "false"
	case kindTrue:
		return "true"
	}
	return ""
}

// any is the value as traces.Attributes has it.
func (v value) any() (any, error) {
	switch v.kind {
	case kindText:
		return string(v.content), nil
	case kindInt:
		return v.int(), nil
	case kindFloat:
		return v.float(), nil
	case kindFalse, kindTrue:
		return v.kind == kindTrue, nil
	case kindJSON:
		decoder := json.NewDecoder(bytes.NewReader(v.content))
		decoder.UseNumber()
		var read any
		if err := decoder.Decode(&read); err != nil {
			return nil, fmt.Errorf("attribute of a block: %w", err)
		}
		return exact(read), nil
	}
	return nil, nil
}

// exact reads numbers as int64 where they are, so that large ones keep all their digits.
func exact(read any) any {
	switch read := read.(type) {
	case json.Number:
		if n, err := read.Int64(); err == nil {
			return n
		}
		f, _ := read.Float64() // it was a float64 when it was written
		return f
	case []any:
		for i := range read {
			read[i] = exact(read[i])
		}
	case map[string]any:
		for key := range read {
			read[key] = exact(read[key])
		}
	}
	return read
}

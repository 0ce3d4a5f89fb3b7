// Package scrub takes secrets out of what came in: values under keys that name secrets, and what looks like one
// wherever it stands. It does no I/O.
package scrub

import (
	"encoding/json"
	"strings"
)

// Filtered stands where a secret was.
const Filtered = "[Filtered]"

// Scrubber scrubs what belongs together. It is used by one goroutine.
type Scrubber struct {
	Redacted int // secrets that were taken out so far

	safe map[string]bool
}

// New makes a scrubber that leaves fields with these names as they are, in any case of letters.
func New(safeFields []string) *Scrubber {
	s := &Scrubber{}
	for _, field := range safeFields {
		if s.safe == nil {
			s.safe = map[string]bool{}
		}
		s.safe[strings.ToLower(field)] = true
	}
	return s
}

// Field scrubs the text that stands under a key.
func (s *Scrubber) Field(key, text string) string {
	switch {
	case s.isSafe(key):
		return text
	case isSensitive(key) && text != "" && text != Filtered:
		s.Redacted++
		return Filtered
	default:
		return s.Text(text)
	}
}

// Object scrubs a decoded JSON object in place.
func (s *Scrubber) Object(object map[string]any) { s.object(object, true) }

// Value scrubs the decoded JSON value that stands under a key, and gives what is to stand there.
func (s *Scrubber) Value(key string, value any) any {
	scrubbed, _ := s.field(key, value, true)
	return scrubbed
}

// Code scrubs the same of a value that holds source code, whose lines may name secrets without having any.
func (s *Scrubber) Code(key string, value any) any {
	scrubbed, _ := s.field(key, value, false)
	return scrubbed
}

func (s *Scrubber) isSafe(key string) bool { return len(s.safe) > 0 && s.safe[strings.ToLower(key)] }

func isSensitive(key string) bool {
	found, _ := look(key)
	return found&sensitiveWord != 0
}

// field says also whether the value is another one now, so that maps are written only then.
func (s *Scrubber) field(key string, value any, pairs bool) (any, bool) {
	switch {
	case s.isSafe(key):
		return value, false
	case isSensitive(key):
		return s.redact(value)
	default:
		return s.value(value, pairs)
	}
}

func (s *Scrubber) value(value any, pairs bool) (any, bool) {
	switch v := value.(type) {
	case string:
		if scrubbed := s.text(v, pairs); scrubbed != v {
			return scrubbed, true
		}
	case json.Number:
		if isCardNumber(v) {
			s.Redacted++
			return Filtered, true
		}
	case map[string]any:
		s.object(v, pairs)
	case []any:
		s.list(v, pairs)
	}
	return value, false
}

func (s *Scrubber) object(object map[string]any, pairs bool) {
	for key, element := range object {
		if scrubbed, changed := s.field(key, element, pairs); changed {
			object[key] = scrubbed
		}
	}
}

// list takes a list of two of which the first is a text for a key and its value: so headers and tags may come.
func (s *Scrubber) list(list []any, pairs bool) {
	if len(list) == 2 {
		if key, ok := list[0].(string); ok {
			list[1], _ = s.field(key, list[1], pairs)
			list = list[:1]
		}
	}
	for i, element := range list {
		list[i], _ = s.value(element, pairs)
	}
}

// redact keeps the shape of a value and takes its texts and numbers out.
func (s *Scrubber) redact(value any) (any, bool) {
	switch v := value.(type) {
	case string:
		if v == "" || v == Filtered {
			return v, false
		}
		s.Redacted++
		return Filtered, true
	case json.Number:
		s.Redacted++
		return Filtered, true
	case map[string]any:
		for key, element := range v {
			v[key], _ = s.redact(element)
		}
	case []any:
		for i, element := range v {
			v[i], _ = s.redact(element)
		}
	}
	return value, false
}

func isCardNumber(n json.Number) bool {
	const shortest, longest = 14, 16 // longer numbers are ids
	text := n.String()
	return len(text) >= shortest && len(text) <= longest && isCard(text)
}

package ingest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

func (m *message) wrong(field, want string) {
	value, given := m.fields[field]
	if !given {
		m.refuse(field, "is required")
		return
	}
	m.refuse(field, "is %s, expected %s", kindOf(value), want)
}

func (m *message) text(field string) string {
	text, ok := m.fields[field].(string)
	if !ok || text == "" {
		m.wrong(field, "a string that is not empty")
	}
	return text
}

// optionalText: null, false and the like stand for absent, as their senders mean it.
func (m *message) optionalText(field string) string {
	switch value := m.fields[field].(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		if !value {
			return ""
		}
	}
	m.wrong(field, "a string")
	return ""
}

// optionalScalar is like optionalText and takes the text of a number too.
func (m *message) optionalScalar(field string) string {
	if number, ok := m.fields[field].(json.Number); ok {
		return number.String()
	}
	return m.optionalText(field)
}

// assignee refuses nothing: what names nobody is nobody.
func (m *message) assignee() string {
	switch value := m.fields["assignee"].(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	default:
		return ""
	}
}

// scalar must be there, whatever scalar it is.
func (m *message) scalar(field string) string {
	value, given := m.fields[field]
	text, ok := scalarText(value)
	if !given || !ok {
		m.wrong(field, "a string")
	}
	return text
}

func (m *message) object(field string) map[string]any {
	value := m.fields[field]
	object, ok := value.(map[string]any)
	if value != nil && !ok {
		m.wrong(field, "an object")
	}
	return object
}

// fingerprint takes a bare string for a list of one.
func (m *message) fingerprint() []string {
	switch value := m.fields["fingerprint"].(type) {
	case string:
		return []string{value}
	case []any:
		parts := make([]string, 0, len(value))
		for i, element := range value {
			part, ok := element.(string)
			if !ok {
				m.refuse(fmt.Sprintf("fingerprint[%d]", i), "is %s, expected a string", kindOf(element))
			}
			parts = append(parts, part)
		}
		if len(parts) == 0 {
			m.refuse("fingerprint", "has no part")
		}
		return parts
	default:
		m.wrong("fingerprint", "a list of strings")
		return nil
	}
}

func (m *message) number(field string, highest int64) int64 {
	n, ok := integer(m.fields[field])
	if !ok || n < 0 || n > highest {
		m.wrong(field, fmt.Sprintf("an integer from 0 to %d", highest))
	}
	return n
}

func (m *message) typeID() int32 {
	const highest = 1<<31 - 1
	return int32(m.number("type", highest))
}

func (m *message) priority() issue.Priority {
	if m.fields["initial_issue_priority"] == nil {
		return issue.NoPriority
	}
	n, ok := integer(m.fields["initial_issue_priority"])
	priority := issue.Priority(n)
	known := priority == issue.NoPriority || priority == issue.Low || priority == issue.Medium || priority == issue.High
	if !ok || !known || n != int64(priority) {
		m.wrong("initial_issue_priority", "25, 50, 75, or 0 for the default of the type")
	}
	return priority
}

func (m *message) level() *string {
	value, given := m.fields["level"]
	if !given {
		info := issue.DefaultLevel.String()
		return &info
	}
	if value == nil {
		return nil
	}
	text, ok := value.(string)
	if !ok {
		m.wrong("level", "a string")
	}
	return &text
}

func (m *message) detectionTime() time.Time {
	t, ok := parseTime(m.fields["detection_time"])
	if !ok {
		m.wrong("detection_time", "a time, in words or in seconds since 1970")
	}
	return t
}

func (m *message) resourceID() *string {
	value := m.fields["resource_id"]
	if value == nil {
		return nil
	}
	text, ok := scalarText(value)
	if !ok {
		m.wrong("resource_id", "a string")
	}
	return &text
}

func (m *message) evidenceDisplay() []Evidence {
	value := m.fields["evidence_display"]
	list, ok := value.([]any)
	if value != nil && !ok {
		m.wrong("evidence_display", "a list")
	}
	var lines []Evidence
	for i, element := range list {
		path := fmt.Sprintf("evidence_display[%d]", i)
		line, ok := element.(map[string]any)
		name, isName := scalarText(line["name"])
		value, isValue := scalarText(line["value"])
		if !ok || !isName || !isValue {
			m.refuse(path, "is not an object with a name and a value")
		}
		lines = append(lines, Evidence{Name: name, Value: value, Important: line["important"] == true})
	}
	return lines
}

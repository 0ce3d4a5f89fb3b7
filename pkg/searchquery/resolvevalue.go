package searchquery

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// expectedValues says for errors what the values of a kind look like.
var expectedValues = map[fields.Kind]string{
	fields.Number:     "a number, then optionally k, m or b (e.g. 500k)",
	fields.Duration:   "a number of milliseconds, or a number with a unit (e.g. 1.5s; ms s min m hr h day d wk w)",
	fields.Size:       "a number of bytes, or a number with a unit (e.g. 20kb or 4mib)",
	fields.Percentage: "a ratio or a number with a percent sign (e.g. 0.5 or 50%)",
	fields.Bool:       "true, 1, false or 0",
	fields.UUID:       "a UUID of 32 hex digits",
	fields.SpanID:     "16 hex digits",
	fields.Version:    "a semantic version such as 1.2.3, app@1.2.3-beta or 1.*; use release: for other texts",
	fields.Build:      "a build number to compare with",
}

// booleans are the values of boolean fields. The opposite of one is the other, not all but it: an event without the
// field satisfies neither.
var booleans = [2]Enum{{Name: "false", Number: 0}, {Name: "true", Number: 1}}

func (r resolver) boolean(field fields.Field, v rawText) (Value, error) {
	if !v.quoted {
		switch strings.ToLower(v.text) {
		case "true", "1":
			return booleans[1], nil
		case "false", "0":
			return booleans[0], nil
		}
	}
	return nil, r.refuse(field, v, "invalid boolean for "+field.Name, expectedValues[fields.Bool])
}

func (r resolver) enum(field fields.Field, v rawText) (Value, error) {
	names := make([]string, 0, len(field.Choices))
	for _, c := range field.Choices {
		if c.Name == v.text || field.AnyCase && strings.EqualFold(c.Name, v.text) {
			return Enum(c), nil
		}
		names = append(names, c.Name)
	}
	e := r.refuse(field, v, "", "one of "+strings.Join(names, ", "))
	e.Suggestion = fields.Nearest(v.text, names)
	return nil, e
}

var hexDigits = regexp.MustCompile(`^[0-9a-f]*$`)

// id reads an identifier into the form in which it is stored: lower case, without dashes.
func (r resolver) id(field fields.Field, v rawText) (Value, error) {
	id, length := strings.ToLower(v.text), 16
	if field.Kind == fields.UUID {
		id, length = strings.ReplaceAll(id, "-", ""), 32
	}
	if len(id) != length || !hexDigits.MatchString(id) {
		return nil, r.refuse(field, v, "", expectedValues[field.Kind])
	}
	return String(id), nil
}

var (
	semanticVersion = regexp.MustCompile(
		`^([^@\s]+@)?[0-9]+(\.[0-9]+){0,3}(-[0-9A-Za-z.-]+|[A-Za-z][0-9A-Za-z.-]*)?(\+[0-9A-Za-z.-]+)?$`)
	versionParts = regexp.MustCompile(`^([^@\s]+@)?([0-9]+\.){0,3}[*X]$`)
)

// version reads a semantic version. One whose last part is * or X stands for all that begin like it.
func (r resolver) version(field fields.Field, v rawText, op Op) (Value, error) {
	switch {
	case versionParts.MatchString(v.text) && !op.ordered():
		return textValue(v.text), nil
	case semanticVersion.MatchString(v.text):
		return String(v.text), nil
	}
	return nil, r.refuse(field, v, "invalid semantic version for "+field.Name, expectedValues[fields.Version])
}

var allDigits = regexp.MustCompile(`^[0-9]+$`)

// build reads a build. Codes that are no numbers have no order.
func (r resolver) build(field fields.Field, v rawText, op Op) (Value, error) {
	if op.ordered() && !allDigits.MatchString(v.text) {
		return nil, r.refuse(field, v, fmt.Sprintf("only numbers can be compared with %s", op), expectedValues[fields.Build])
	}
	return textValue(v.text), nil
}

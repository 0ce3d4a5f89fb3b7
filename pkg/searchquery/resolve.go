package searchquery

import (
	"fmt"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// resolver gives the filters of one query their meaning.
type resolver struct {
	text  string
	table *fields.Table
}

// filter finds the field of a key and reads the value as that field's kind wants it.
func (r resolver) filter(raw *rawFilter) (Node, error) {
	at := column(r.text, raw.pos)
	if raw.key.aggregate {
		if r.table.DropsAggregates() {
			return aggregate{name: raw.key.name, column: at}, nil
		}
		return nil, &Error{
			Column:   at,
			Message:  "filters on aggregates such as count() are not supported in this search",
			Found:    excerpt(raw.key.name),
			Expected: "a field or a tag",
		}
	}
	if raw.key.isIs() {
		return r.is(raw)
	}
	if raw.key.isHas() {
		return r.has(raw)
	}
	field := r.field(raw.key)
	if field.Refused != "" {
		return nil, cannotAsk(field, raw.key, at)
	}
	f := &Filter{Key: field.Name, Name: writtenKey(raw.key), Tag: field.Tag, Column: at}
	if err := r.value(raw, field, f); err != nil {
		return nil, err
	}
	if field.TopLevel {
		return topLevel{f}, nil
	}
	return f, nil
}

// field looks a key up. A forced tag keeps the alias of a tag, since both mean the same tag.
func (r resolver) field(key rawKey) fields.Field {
	field, _ := r.table.Lookup(key.name)
	if key.tag && !field.Tag {
		return fields.Field{Name: key.name, Wildcards: true, Tag: true}
	}
	return field
}

func cannotAsk(field fields.Field, key rawKey, at int) *Error {
	return &Error{
		Column: at, Message: fmt.Sprintf("%s cannot be asked for here: %s", field.Name, field.Refused), Found: excerpt(key.name),
		Expected: fmt.Sprintf("another field, or tags[%s] for a tag of that name", field.Name),
	}
}

func writtenKey(key rawKey) string {
	if key.tag {
		return "tags[" + key.name + "]"
	}
	return key.name
}

func (r resolver) value(raw *rawFilter, field fields.Field, f *Filter) error {
	if raw.isList {
		return r.list(raw, field, f)
	}
	v := raw.value
	if v.text == "" && !v.quoted {
		return &Error{
			Column:   column(r.text, v.pos),
			Message:  fmt.Sprintf("there is no value after %s:", f.Name),
			Expected: fmt.Sprintf(`a value, %s:"" for an absent one, or the whole text in double quotes`, f.Name),
		}
	}
	if !v.quoted {
		if err := checkQuotes(r.text, v); err != nil {
			return err
		}
		v.text = unquote(v.text)
	}
	f.Op = raw.op
	if f.Op == "" {
		f.Op = Equal
	}
	if f.Op.ordered() && !field.Kind.Ordered() {
		v.text, f.Op = string(f.Op)+v.text, Equal
	}
	if field.Kind == fields.Date {
		return r.date(raw, v, f)
	}
	if raw.negated {
		f.Op = opposites[f.Op]
	}
	if v.text == "" && v.quoted && !f.Op.ordered() {
		f.Value = String("")
		return nil
	}
	var err error
	f.Value, err = r.single(field, v, f.Op)
	if yes, ok := f.Value.(Enum); ok && field.Kind == fields.Bool && f.Op == NotEqual {
		f.Op, f.Value = Equal, booleans[1-yes.Number]
	}
	return err
}

// single reads a value that is no list and no date.
func (r resolver) single(field fields.Field, v rawText, op Op) (Value, error) {
	switch field.Kind {
	case fields.Text:
		if field.Lower {
			v.text = strings.ToLower(v.text)
		}
		if !field.Wildcards {
			return unescape(v.text), nil
		}
		return textValue(v.text), nil
	case fields.UUID, fields.SpanID:
		if isPattern(v.text) {
			return nil, r.refuse(field, v, fmt.Sprintf("wildcards are not permitted on %s", field.Name), expectedValues[field.Kind])
		}
		return r.item(field, v)
	case fields.Version:
		return r.version(field, v, op)
	case fields.Build:
		return r.build(field, v, op)
	}
	return r.item(field, v)
}

// textValue makes a pattern of a text with a wildcard and takes the escapes out of others.
func textValue(s string) Value {
	if isPattern(s) {
		return Pattern(s)
	}
	return unescape(s)
}

// list reads the items of a list. They are compared literally: an asterisk in them is no wildcard.
func (r resolver) list(raw *rawFilter, field fields.Field, f *Filter) error {
	whole := rawText{text: r.text[raw.list[0].pos-1 : raw.end], pos: raw.list[0].pos - 1}
	switch field.Kind {
	case fields.Date:
		return r.invalidDate(field.Name, whole)
	case fields.Bool:
		return r.refuse(field, whole, "lists are not permitted on "+field.Name, expectedValues[fields.Bool])
	case fields.Version, fields.Build:
		return r.refuse(field, whole, "lists (IN) are not permitted on "+field.Name, "a single version or a comparison")
	}
	if len(raw.list) > MaxListItems {
		return &Error{
			Column:   column(r.text, raw.list[MaxListItems].pos),
			Message:  "the list has too many values",
			Expected: fmt.Sprintf("at most %d", MaxListItems),
		}
	}
	f.Op = In
	if raw.negated {
		f.Op = NotIn
	}
	items := make(List, 0, len(raw.list))
	for _, v := range raw.list {
		if v.text == "" && !v.quoted {
			return &Error{
				Column:   column(r.text, v.pos),
				Message:  "lists should not have empty values",
				Found:    "]",
				Expected: "a value after the comma",
			}
		}
		if !v.quoted {
			v.text = unquote(v.text)
		}
		item, err := r.item(field, v)
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	f.Value = items
	return nil
}

// item reads a value that may also stand in a list.
func (r resolver) item(field fields.Field, v rawText) (Value, error) {
	switch field.Kind {
	case fields.Number, fields.Duration, fields.Size, fields.Percentage:
		return r.number(field, v)
	case fields.Bool:
		return r.boolean(field, v)
	case fields.Enum:
		return r.enum(field, v)
	case fields.UUID, fields.SpanID:
		return r.id(field, v)
	}
	if field.Lower {
		v.text = strings.ToLower(v.text)
	}
	return String(v.text), nil
}

// checkQuotes refuses a quote inside an unquoted value: most likely the closing one is missing.
func checkQuotes(query string, v rawText) error {
	for i := range len(v.text) {
		if v.text[i] == '"' && (i == 0 || v.text[i-1] != '\\') {
			return &Error{
				Column:   column(query, v.pos+i),
				Message:  "invalid quote",
				Found:    excerpt(v.text),
				Expected: `quotes around the whole value, or \" inside it`,
			}
		}
	}
	return nil
}

// refuse makes the error of a value that its field does not take.
func (r resolver) refuse(field fields.Field, v rawText, message, expected string) *Error {
	e := &Error{Column: column(r.text, v.pos), Message: message, Found: excerpt(v.text), Expected: expected}
	if message == "" {
		e.Message = "invalid value of " + field.Name
	}
	return e
}

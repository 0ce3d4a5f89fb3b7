package searchquery

import (
	"fmt"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// has reads `has:key`, which means that the key has a value.
func (r resolver) has(raw *rawFilter) (Node, error) {
	key, ok := hasKey(raw.value)
	if !ok {
		return nil, &Error{
			Column:   column(r.text, raw.value.pos),
			Message:  `invalid format for "has"`,
			Found:    excerpt(raw.value.text),
			Expected: "a field or a tag, such as has:release",
		}
	}
	field := r.field(key)
	if field.Refused != "" {
		return nil, cannotAsk(field, key, column(r.text, raw.pos))
	}
	f := &Filter{
		Key: field.Name, Name: writtenKey(key), Tag: field.Tag,
		Op: NotEqual, Value: String(""), Column: column(r.text, raw.pos),
	}
	if raw.negated {
		f.Op = Equal
	}
	if field.TopLevel {
		return topLevel{f}, nil
	}
	return f, nil
}

func hasKey(v rawText) (rawKey, bool) {
	text := v.text
	if v.quoted {
		text = `"` + text + `"`
	}
	key, end, ok := scanKey(text, 0)
	return key, ok && end == len(text) && !key.aggregate
}

// is reads `is:value`, which stands for a condition on another field.
func (r resolver) is(raw *rawFilter) (Node, error) {
	names := r.table.Flags()
	if len(names) == 0 {
		return nil, &Error{
			Column:   column(r.text, raw.pos),
			Message:  `"is:" is not supported in this search`,
			Found:    "is",
			Expected: `a field or a tag; "is":value in quotes is the tag of that name`,
		}
	}
	v := raw.value
	flag, ok := r.table.Flag(v.text)
	if !ok {
		e := &Error{
			Column:   column(r.text, v.pos),
			Message:  `unknown value for "is"`,
			Found:    excerpt(v.text),
			Expected: "one of " + strings.Join(names, ", "),
		}
		switch {
		case v.text == "":
			e.Message = `there is no value after "is:"`
		case strings.HasPrefix(v.text, "["):
			e.Message = `lists are not supported for "is"`
			e.Expected = fmt.Sprintf("one value, or several joined by OR: (is:%s OR is:%s)", names[0], names[1])
		default:
			e.Suggestion = fields.Nearest(v.text, names)
		}
		return nil, e
	}
	f := &Filter{
		Key: flag.Key, Name: "is", Op: Equal, Value: Enum{Name: v.text, Number: flag.Number},
		Column: column(r.text, raw.pos),
	}
	if raw.negated {
		f.Op = NotEqual
	}
	return f, nil
}

package store

import (
	"math"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery"
)

// text compares an expression of type text, in which an empty text stands for no value. No value satisfies a
// negative comparison with any other.
func (b *builder) text(expr string, f *searchquery.Filter) string {
	switch v := f.Value.(type) {
	case searchquery.Pattern:
		return negate(f.Op, expr+" ILIKE "+b.arg(like(v)))
	case searchquery.List:
		return negate(f.Op, expr+" = ANY("+b.arg(texts(v))+"::text[])")
	case searchquery.String:
		return expr + equality(f.Op) + b.arg(string(v))
	}
	panic("store: a text field with another value") // the parser gives no other
}

func equality(op searchquery.Op) string {
	if negative(op) {
		return " <> "
	}
	return " = "
}

func negative(op searchquery.Op) bool {
	return op == searchquery.NotEqual || op == searchquery.NotIn
}

// negate wraps a condition when the operator is the negative one of its pair.
func negate(op searchquery.Op, condition string) string {
	if negative(op) {
		return "NOT (" + condition + ")"
	}
	return condition
}

func absent(f *searchquery.Filter) bool {
	s, ok := f.Value.(searchquery.String)
	return ok && s == ""
}

func texts(list searchquery.List) []string {
	values := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(searchquery.String); ok {
			values = append(values, string(s))
		}
	}
	return values
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// like gives the LIKE pattern of a pattern, anchored at both ends.
func like(p searchquery.Pattern) string {
	segments := p.Segments()
	for i, s := range segments {
		segments[i] = likeEscapes.Replace(s)
	}
	return strings.Join(segments, "%")
}

// numbers compares with the numbers of an enumeration or its list.
func (b *builder) numbers(expr string, f *searchquery.Filter, of func(searchquery.Enum) []int32) string {
	var numbers []int32
	for _, item := range items(f.Value) {
		if e, ok := item.(searchquery.Enum); ok {
			numbers = append(numbers, of(e)...)
		}
	}
	return negate(f.Op, expr+" = ANY("+b.arg(numbers)+"::int[])")
}

func items(v searchquery.Value) []searchquery.Value {
	if list, ok := v.(searchquery.List); ok {
		return list
	}
	return []searchquery.Value{v}
}

// id compares a bigint. Equality with whole numbers is compared as such, so that an index may serve it.
func (b *builder) id(expr string, f *searchquery.Filter) string {
	if !equalities[f.Op] {
		return b.float(expr+"::float8", f)
	}
	var ids []int64
	for _, item := range items(f.Value) {
		if n, ok := item.(searchquery.Number); ok && n.Value == math.Trunc(n.Value) && math.Abs(n.Value) < 1<<53 {
			ids = append(ids, int64(n.Value))
		}
	}
	return negate(f.Op, expr+" = ANY("+b.arg(ids)+"::bigint[])")
}

var equalities = map[searchquery.Op]bool{
	searchquery.Equal: true, searchquery.NotEqual: true, searchquery.In: true, searchquery.NotIn: true,
}

// float compares a double that is never null; so no value equals "no value".
func (b *builder) float(expr string, f *searchquery.Filter) string {
	switch v := f.Value.(type) {
	case searchquery.Number:
		return expr + " " + operator(f.Op) + " " + b.arg(v.Value)
	case searchquery.List:
		values := make([]float64, 0, len(v))
		for _, item := range v {
			if n, ok := item.(searchquery.Number); ok {
				values = append(values, n.Value)
			}
		}
		return negate(f.Op, expr+" = ANY("+b.arg(values)+"::float8[])")
	}
	return negate(f.Op, "FALSE")
}

// operator spells an operator in SQL.
func operator(op searchquery.Op) string {
	if op == searchquery.NotEqual {
		return "<>"
	}
	return string(op)
}

// date compares a time that is never null.
func (b *builder) date(expr string, f *searchquery.Filter) string {
	switch v := f.Value.(type) {
	case searchquery.RelativeDate:
		return expr + " " + operator(f.Op) + " " + b.arg(v.At(b.now))
	case searchquery.Date:
		if v.To.IsZero() {
			return expr + " " + operator(f.Op) + " " + b.arg(v.From)
		}
		return "(" + expr + " >= " + b.arg(v.From) + " AND " + expr + " < " + b.arg(v.To) + ")"
	}
	return negate(f.Op, "FALSE")
}

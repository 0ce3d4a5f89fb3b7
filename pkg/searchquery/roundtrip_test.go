package searchquery

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/picket-io/picket/pkg/searchquery/fields"
)

// texts are values with everything that has a meaning somewhere in the language.
var texts = rapid.Custom(func(t *rapid.T) string {
	pieces := rapid.SampledFrom([]string{
		"a", "Foo", "é", " ", "  ", `"`, `\`, `\"`, "*", `\*`, "(", ")", "[", "]", ",", ":", "!", "=", "<", ">=", "-", "+",
		"AND", "OR", "NOT", "is:new", "has:", "5", "24h", "2024-01-01", "tags[x]", "\t", "\n", "()",
	})
	s := strings.Join(rapid.SliceOfN(pieces, 1, 6).Draw(t, "pieces"), "")
	if strings.HasSuffix(s, `\`) {
		s += "." // a query cannot say everything that ends with a backslash
	}
	return s
})

func genFilter(t *rapid.T) Node {
	f := &Filter{}
	either := func(ops ...Op) { f.Op = rapid.SampledFrom(ops).Draw(t, "op") }
	number := func(kind fields.Kind) Number {
		return Number{Value: rapid.OneOf(
			rapid.Float64Range(0, 1e15),
			rapid.Map(rapid.Int64Range(0, 1e12), func(i int64) float64 { return float64(i) }),
			rapid.Map(rapid.Int64Range(0, 1e6), func(i int64) float64 { return float64(i) * 1000 }),
		).Draw(t, "number"), Kind: kind}
	}
	switch rapid.IntRange(0, 9).Draw(t, "kind of filter") {
	case 0:
		f.Key, f.Name, f.Tag = "foo", rapid.SampledFrom([]string{"foo", "tags[foo]"}).Draw(t, "name"), true
		either(Equal, NotEqual)
		f.Value = textValue(texts.Draw(t, "text"))
	case 1:
		f.Key, f.Tag = rapid.SampledFrom([]string{"is", "has", "a:b", "-", "1"}).Draw(t, "key"), true
		f.Name = f.Key
		either(In, NotIn)
		f.Value = List(rapid.SliceOfN(rapid.Map(texts, func(s string) Value { return String(s) }), 1, 4).Draw(t, "items"))
	case 2:
		f.Key, f.Name = "issue.id", "issue.id"
		either(Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual)
		f.Value = number(fields.Number)
	case 3:
		f.Key, f.Name = "transaction.duration", "transaction.duration"
		either(Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual)
		f.Value = number(fields.Duration)
	case 4:
		f.Key, f.Name, f.Value = "status", "is", Enum{"resolved", 1}
		either(Equal, NotEqual)
	case 5:
		f.Key, f.Name, f.Value = "error.handled", "error.handled", booleans[rapid.IntRange(0, 1).Draw(t, "yes")]
		f.Op = Equal
	case 6:
		f.Key, f.Name = "first_seen", "age"
		either(GreaterOrEqual, LessOrEqual)
		f.Value = RelativeDate{rapid.Int64Range(0, 1e6).Draw(t, "amount"), rapid.SampledFrom([]byte("mhdw")).Draw(t, "unit")}
	case 7:
		f.Key, f.Name = "first_seen", "firstSeen"
		f.Op, f.Value = genDate(t)
	case 8:
		f.Key, f.Name, f.Value = "release", "release", String("")
		either(Equal, NotEqual)
	case 9:
		f.Key, f.Name = "assigned_to", "assigned"
		either(Equal, NotEqual)
		f.Value = unescape(texts.Draw(t, "actor"))
	}
	return f
}

func genDate(t *rapid.T) (Op, Date) {
	zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "offset"))
	at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "instant")).In(zone)
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
		return Equal, Date{day, day.AddDate(0, 0, 1)}
	case 1:
		return Equal, Date{at.Add(-beforeInstant), at.Add(afterInstant)}
	}
	return rapid.SampledFrom([]Op{Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual}).Draw(t, "op"), Date{From: at}
}

func genNode(t *rapid.T, depth int) Node {
	kinds := 4
	if depth == 0 {
		kinds = 1
	}
	below := func() []Node {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Node { return genNode(t, depth-1) }), 2, 4).Draw(t, "nodes")
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return genFilter(t)
	case 1:
		return &FreeText{Value: textValue(texts.Draw(t, "text"))}
	case 2:
		return newAnd(below())
	case 3:
		return newOr(below())
	}
	return Not{genNode(t, depth-1)}
}

func TestRandomTreesPrintToTextThatParsesToThem(t *testing.T) {
	table := fields.Issues()
	rapid.Check(t, func(t *rapid.T) {
		n := genNode(t, 3)
		if len(n.String()) <= MaxBytes {
			assertRoundTrip(t, n, table)
		}
	})
}

// FuzzParse looks for panics, for work out of proportion, and for trees that do not survive being printed.
func FuzzParse(f *testing.F) {
	for _, query := range []string{
		`is:unresolved !release:1.* (age:-24h OR timesSeen:>5k) TypeError: foo "a \"b\""`,
		`key:["a b", c\"d] fn(foo (bar)) NOT (a AND b:"x"c) tags["a:b"]:=\`,
		`firstSeen:>=2024-01-31T10:00:00.5+02:00 transaction.duration:<1.5h error.handled:!=1 has:"a:b"`,
		`a\ "" b\ key:==\ key:[\ count(a, "b"):>5%`,
		`span.op:db !ancestor:(a:b parent:("x)" OR child:(c))) parent:() NOT NOT child:(y`,
	} {
		f.Add(query)
	}
	tables := []*fields.Table{fields.Issues(), fields.Spans()}
	f.Fuzz(func(t *testing.T, text string) {
		for _, table := range tables {
			start := time.Now()
			n, err := Parse(text, table)
			if took := time.Since(start); took > tooLong {
				t.Errorf("%d bytes took %v", len(text), took)
			}
			// Printed queries may be longer, by quotes for instance.
			if err == nil && len(n.String()) <= MaxBytes {
				assertRoundTrip(t, n, table)
			}
		}
	})
}

func genSpanNode(t *rapid.T, depth int) Node {
	kinds := 5
	if depth == 0 {
		kinds = 1
	}
	below := func() Node { return genSpanNode(t, depth-1) }
	several := func() []Node {
		return rapid.SliceOfN(rapid.Custom(func(*rapid.T) Node { return below() }), 2, 3).Draw(t, "nodes")
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		name := rapid.SampledFrom([]string{"foo", fields.Parent, fields.Child}).Draw(t, "tag")
		return &Filter{Key: name, Name: name, Tag: true, Op: Equal, Value: textValue(texts.Draw(t, "text"))}
	case 1:
		return &FreeText{Value: textValue(texts.Draw(t, "text"))}
	case 2:
		return newAnd(several())
	case 3:
		return newOr(several())
	case 4:
		return Not{below()}
	}
	return &Relative{Relation: rapid.SampledFrom(fields.Spans().Relations()).Draw(t, "relation"), Node: below()}
}

func TestRandomTreesOfSpanSearchPrintToTextThatParsesToThem(t *testing.T) {
	table := fields.Spans()
	rapid.Check(t, func(t *rapid.T) {
		n := genSpanNode(t, 3)
		if len(n.String()) <= MaxBytes {
			assertRoundTrip(t, n, table)
		}
	})
}

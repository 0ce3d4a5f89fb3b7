package server_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oracleQuery is a text in the query language and what it means.
type oracleQuery struct {
	text  string
	holds func(*oracleSpan) bool
}

// randomQuery makes a tree of conditions, which says by itself what it means: the parser has no part in it.
func randomQuery(r *rand.Rand, spans []*oracleSpan, depth int) oracleQuery {
	if depth == 0 || r.IntN(3) == 0 {
		return randomCondition(r, spans)
	}
	a, b := randomQuery(r, spans, depth-1), randomQuery(r, spans, depth-1)
	switch r.IntN(6) {
	case 5:
		relation := pick(r, []string{"parent", "child", "ancestor"})
		return oracleQuery{relation + ":(" + a.text + ")", func(s *oracleSpan) bool { return slices.ContainsFunc(s.related(relation), a.holds) }}
	case 0:
		return oracleQuery{"NOT (" + a.text + ")", func(s *oracleSpan) bool { return !a.holds(s) }}
	case 1, 2:
		return oracleQuery{"(" + a.text + " OR " + b.text + ")", func(s *oracleSpan) bool { return a.holds(s) || b.holds(s) }}
	case 3:
		return oracleQuery{"(" + a.text + " AND " + b.text + ")", func(s *oracleSpan) bool { return a.holds(s) && b.holds(s) }}
	}
	return oracleQuery{"(" + a.text + " " + b.text + ")", func(s *oracleSpan) bool { return a.holds(s) && b.holds(s) }}
}

func randomCondition(r *rand.Rand, spans []*oracleSpan) oracleQuery {
	made := pick(r, []func(*rand.Rand, []*oracleSpan) oracleQuery{
		textCondition, textCondition, textCondition, freeText, number, number, statusCondition, boolean, date, identifier, project,
		ofAttribute, ofAttribute, ofAttribute, ofAttribute, measurement,
	})(r, spans)
	if r.IntN(4) > 0 || strings.HasPrefix(made.text, `"`) || strings.Contains(made.text, ":>") || strings.Contains(made.text, ":<") {
		return made
	}
	return oracleQuery{"!" + made.text, func(s *oracleSpan) bool { return !made.holds(s) }}
}

// compared makes the conditions that every text has, of a function that gives what is there of it.
func compared(r *rand.Rand, key string, values []string, of func(*oracleSpan) string, equal func(*oracleSpan, string) bool) oracleQuery {
	value := pick(r, values)
	switch r.IntN(6) {
	case 0:
		return oracleQuery{"has:" + key, func(s *oracleSpan) bool { return of(s) != "" }}
	case 1:
		other := pick(r, values)
		if value == "" || other == "" {
			break
		}
		return oracleQuery{fmt.Sprintf("%s:[%s, %s]", key, quote(value), quote(other)), func(s *oracleSpan) bool {
			return equal(s, value) || equal(s, other)
		}}
	case 2:
		runes := []rune(value)
		cut := r.IntN(len(runes) + 1)
		first, last := string(runes[:cut]), string(runes[cut:])
		switch r.IntN(3) {
		case 0:
			return oracleQuery{key + ":" + quote(first)[:len(quote(first))-1] + `*"`, func(s *oracleSpan) bool { return strings.HasPrefix(of(s), first) }}
		case 1:
			return oracleQuery{key + `:"*` + quote(last)[1:], func(s *oracleSpan) bool { return strings.HasSuffix(of(s), last) }}
		}
		return oracleQuery{key + `:"*` + quote(first)[1:len(quote(first))-1] + `*"`, func(s *oracleSpan) bool { return strings.Contains(of(s), first) }}
	}
	return oracleQuery{key + ":" + quote(value), func(s *oracleSpan) bool { return equal(s, value) }}
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, `*`, `\*`).Replace(text) + `"`
}

func textCondition(r *rand.Rand, spans []*oracleSpan) oracleQuery {
	key := pick(r, []string{"span.op", "span.description", "span.category", "span.module", "transaction", "environment", "release", "user", "sdk.name"})
	var values []string
	for range 4 {
		if value := pick(r, spans).text[key]; !strings.ContainsAny(value, `\*`) {
			values = append(values, value)
		}
	}
	values = append(values, "no such")
	of := func(s *oracleSpan) string { return s.text[key] }
	return compared(r, key, values, of, func(s *oracleSpan, value string) bool { return of(s) == value })
}

func freeText(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	word := pick(r, []string{"select", "CART", "50%", "_sale", "1", "größe", "GRÖSSE", "unnamed", "it's"})
	within := func(s *oracleSpan) bool {
		return strings.Contains(strings.ToLower(s.text["span.description"]), strings.ToLower(word))
	}
	if r.IntN(2) == 0 {
		return oracleQuery{quote(word), within}
	}
	return oracleQuery{"message:" + quote(word), within}
}

var comparisons = map[string]func(a, b float64) bool{
	"": func(a, b float64) bool { return a == b }, ">": func(a, b float64) bool { return a > b },
	">=": func(a, b float64) bool { return a >= b }, "<": func(a, b float64) bool { return a < b },
	"<=": func(a, b float64) bool { return a <= b },
}

func number(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	op := pick(r, []string{"", ">", ">=", "<", "<="})
	compare := comparisons[op]
	if r.IntN(2) == 0 {
		bound := r.IntN(6) * 250
		return oracleQuery{fmt.Sprintf("span.duration:%s%dms", op, bound), func(s *oracleSpan) bool {
			return compare(float64(s.end-s.start)/1e6, float64(bound))
		}}
	}
	bound := r.IntN(6) * 125
	return oracleQuery{fmt.Sprintf("span.self_time:%s%d", op, bound), func(s *oracleSpan) bool {
		return compare(float64(s.self)/1e6, float64(bound))
	}}
}

func statusCondition(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	names := map[string]int{"ok": 0, "cancelled": 1, "not_found": 5, "internal_error": 13, "unavailable": 14, "success": 0, "aborted": 10}
	all := slices.Sorted(func(yield func(string) bool) {
		for name := range names {
			if !yield(name) {
				return
			}
		}
	})
	a, b := pick(r, all), pick(r, all)
	if r.IntN(2) == 0 {
		return oracleQuery{"span.status:" + a, func(s *oracleSpan) bool { return s.status == names[a] }}
	}
	return oracleQuery{fmt.Sprintf("span.status:[%s, %s]", a, b), func(s *oracleSpan) bool { return s.status == names[a] || s.status == names[b] }}
}

func boolean(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	want := r.IntN(2) == 0
	return oracleQuery{fmt.Sprintf("is_transaction:%t", want), func(s *oracleSpan) bool { return s.isSegment == want }}
}

func date(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	at := now.Add(-time.Duration(r.IntN(20)) * 500 * time.Millisecond).Truncate(time.Microsecond)
	op := pick(r, []string{">", ">=", "<", "<="})
	return oracleQuery{"timestamp:" + op + at.UTC().Format("2006-01-02T15:04:05.000000"), func(s *oracleSpan) bool {
		return comparisons[op](float64(s.end/1000), float64(at.UnixMicro()))
	}}
}

func identifier(r *rand.Rand, spans []*oracleSpan) oracleQuery {
	of := pick(r, spans)
	switch r.IntN(5) {
	case 0:
		return oracleQuery{fmt.Sprintf("id:%x", of.id), func(s *oracleSpan) bool { return s.id == of.id }}
	case 1:
		return oracleQuery{fmt.Sprintf("trace:%x", of.trace), func(s *oracleSpan) bool { return s.trace == of.trace }}
	case 2:
		return oracleQuery{"has:parent_span", func(s *oracleSpan) bool { return s.parent != "" }}
	case 3:
		other := pick(r, spans)
		return oracleQuery{fmt.Sprintf("trace:[%x, %x]", of.trace, other.trace), func(s *oracleSpan) bool {
			return s.trace == of.trace || s.trace == other.trace
		}}
	}
	if of.parent == "" {
		return oracleQuery{`parent_span:""`, func(s *oracleSpan) bool { return s.parent == "" }}
	}
	return oracleQuery{fmt.Sprintf("parent_span:%x", of.parent), func(s *oracleSpan) bool { return s.parent == of.parent }}
}

func project(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	if r.IntN(2) == 0 {
		id := 1 + r.IntN(2)
		return oracleQuery{"project:" + []string{"", "shop", "pay"}[id], func(s *oracleSpan) bool { return s.project == id }}
	}
	id := 1 + r.IntN(4)
	return oracleQuery{fmt.Sprintf("project.id:%d", id), func(s *oracleSpan) bool { return s.project == id }}
}

// places are where the value of a key may be.
func (s *oracleSpan) places(keys ...string) []any {
	var found []any
	for _, attributes := range []map[string]any{s.attributes, s.resourceAttributes} {
		for _, key := range keys {
			if value, ok := attributes[key]; ok {
				found = append(found, value)
			}
		}
	}
	return found
}

func ofAttribute(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	key := pick(r, oracleKeys)
	keys, name := []string{key}, key
	switch r.IntN(4) {
	case 0:
		name = "tags[" + key + "]"
	case 1:
		keys, name = []string{"http.status_code"}, "span.status_code"
	}
	of := func(s *oracleSpan) string {
		if found := s.places(keys...); len(found) > 0 {
			return textOfValue(found[0])
		}
		return ""
	}
	equal := func(s *oracleSpan, want string) bool {
		if want == "" {
			return of(s) == ""
		}
		return slices.ContainsFunc(s.places(keys...), func(value any) bool { return readsLike(value, want) })
	}
	return compared(r, name, append(oracleValues, "1.50", "2"), of, equal)
}

// readsLike tells whether a value is written so. A number may be written in several ways.
func readsLike(value any, text string) bool {
	switch value.(type) {
	case int, float64:
		a, _ := strconv.ParseFloat(textOfValue(value), 64)
		b, err := strconv.ParseFloat(text, 64)
		return err == nil && a == b
	}
	return textOfValue(value) == text
}

func measurement(r *rand.Rand, _ []*oracleSpan) oracleQuery {
	op := pick(r, []string{">", ">=", "<", "<="})
	bound := r.IntN(4)
	return oracleQuery{fmt.Sprintf("measurements.lcp:%s%dms", op, bound), func(s *oracleSpan) bool {
		for _, value := range s.places("lcp") {
			switch value.(type) {
			case int, float64:
				n, _ := strconv.ParseFloat(textOfValue(value), 64)
				return comparisons[op](n, float64(bound))
			}
		}
		return false
	}}
}

package block

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/picket-io/picket/pkg/searchquery"
)

// attributeKeys are the names that OpenTelemetry's conventions, newest first, give to what some keys of the query
// language mean.
var attributeKeys = map[string][]string{
	"profile.id":                   {"sentry.profile.id"},
	"transaction.id":               {"sentry.transaction.id"},
	"replay.id":                    {"sentry.replay.id"},
	"transaction.op":               {"sentry.transaction.op"},
	"transaction.method":           {"http.request.method", "http.method"},
	"trace.status":                 {"sentry.trace.status"},
	"span.action":                  {"sentry.action", "db.operation.name", "db.operation", "http.request.method", "http.method"},
	"span.domain":                  {"sentry.domain", "server.address", "net.peer.name"},
	"span.group":                   {"sentry.group"},
	"span.status_code":             {"http.response.status_code", "http.status_code"},
	"system":                       {"db.system.name", "db.system", "messaging.system"},
	"raw_domain":                   {"sentry.raw_domain", "server.address"},
	"sdk.version":                  {"telemetry.sdk.version"},
	"user.id":                      {"enduser.id"},
	"user.username":                {"user.name"},
	"user.ip":                      {"client.address"},
	"user.geo.country_code":        {"geo.country.iso_code"},
	"user.geo.city":                {"geo.locality.name"},
	"messaging.operation.name":     {"messaging.operation"},
	"http.response_content_length": {"http.response.body.size", "http.response.header.content-length"},
	"http.response_transfer_size":  {"http.response.size"},
}

// candidates are the attributes that a key may name: its own and those of the resource.
func candidates(f *searchquery.Filter) []string {
	keys := []string{f.Key}
	if !f.Tag {
		keys = append(keys, attributeKeys[f.Key]...)
		if name, ok := strings.CutPrefix(f.Key, "measurements."); ok {
			keys = append(append(keys, name), attributeKeys[name]...)
		}
	}
	for _, key := range keys[:len(keys):len(keys)] {
		keys = append(keys, "resource."+key)
	}
	return keys
}

// attributeFilter asks of attributes. Equality holds when any of the keys has the value; other conditions are about
// the first key that a span has.
func (r *Reader) attributeFilter(f *searchquery.Filter) marks {
	keys := candidates(f)
	if isEquality(f.Value) {
		return r.equalAttribute(keys, literals(f.Value))
	}
	first := r.firstValues(keys, wantsNumber(f.Value))
	if wantsNumber(f.Value) {
		is := numberPredicate(f)
		return r.each(func(i int) bool {
			n, ok := first[i].number()
			return ok && is(n)
		})
	}
	is := textPredicate(f)
	return r.each(func(i int) bool { return is(first[i].text()) })
}

func wantsNumber(v searchquery.Value) bool {
	_, is := items(v)[0].(searchquery.Number)
	return is
}

// isEquality tells that a value is one or several texts with something in them.
func isEquality(v searchquery.Value) bool {
	return !slices.ContainsFunc(items(v), func(item searchquery.Value) bool {
		text, is := item.(searchquery.String)
		return !is || text == ""
	})
}

// firstValues gives of each span the value of the first key that it has, or that it has a number of.
func (r *Reader) firstValues(keys []string, numbers bool) []value {
	first := make([]value, r.count)
	for _, key := range slices.Backward(keys) {
		column := r.attribute(key)
		for i, span := range column.spans {
			v := r.attributes.value(column.values[i])
			if _, is := v.number(); v.kind != kindNone && (is || !numbers) {
				first[span] = v
			}
		}
	}
	return first
}

func (r *Reader) equalAttribute(keys []string, wanted []literal) marks {
	found := make(marks, r.count)
	for _, key := range keys {
		column := r.attribute(key)
		for i, span := range column.spans {
			v := r.attributes.value(column.values[i])
			found[span] = found[span] || slices.ContainsFunc(wanted, v.isWritten)
		}
	}
	return found
}

// literal is a text that a value may be written as: as a text, and as the number or boolean that is written so.
type literal struct {
	text     string
	isNumber bool
	number   float64
}

var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?$`)

func literals(v searchquery.Value) []literal {
	var all []literal
	for _, text := range texts(v) {
		l := literal{text: text, isNumber: plainNumber.MatchString(text)}
		if l.isNumber {
			l.number, _ = strconv.ParseFloat(text, 64) // the pattern says that it is one
		}
		all = append(all, l)
	}
	return all
}

// isWritten compares integers that a float64 does not hold by their digits.
func (v value) isWritten(l literal) bool {
	switch v.kind {
	case kindText:
		return string(v.content) == l.text
	case kindInt:
		if n := v.int(); n >= 1<<53 || n <= -1<<53 {
			return strconv.FormatInt(n, 10) == l.text
		}
		return l.isNumber && l.number == float64(v.int())
	case kindFloat:
		return l.isNumber && l.number == v.float()
	case kindFalse:
		return l.text == "false"
	case kindTrue:
		return l.text == "true"
	}
	return false
}

// canonical is one text for all the ways to write a number.
func canonical(n float64) string {
	if n == 0 {
		return "0" // also of the negative zero
	}
	if math.Abs(n) < 1<<53 && n == math.Trunc(n) {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

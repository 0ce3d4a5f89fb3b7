package store

import (
	"encoding/json"
	"fmt"
	"regexp"
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
			keys = append(keys, name)
		}
	}
	for _, key := range keys[:len(keys):len(keys)] {
		keys = append(keys, "resource."+key)
	}
	return keys
}

// attribute makes a condition on attributes. Equality is by containment, which an index answers.
func (b *builder) attribute(f *searchquery.Filter) string {
	keys := candidates(f)
	switch value := f.Value.(type) {
	case searchquery.Number:
		return b.number(b.firstNumber(keys), f)
	case searchquery.Pattern:
		return b.text(b.firstText(keys), f)
	case searchquery.List:
		if len(value) > 0 {
			if _, numbers := value[0].(searchquery.Number); numbers {
				return b.number(b.firstNumber(keys), f)
			}
		}
	case searchquery.String:
		if value == "" {
			return b.text(b.firstText(keys), f)
		}
	}
	var contained []string
	for _, text := range texts(f.Value) {
		for _, key := range keys {
			for _, object := range objects(key, text) {
				contained = append(contained, fmt.Sprintf("attributes @> %s::jsonb", b.arg(object)))
			}
		}
	}
	return strings.Join(contained, " OR ")
}

func (b *builder) firstText(keys []string) string {
	values := make([]string, len(keys))
	for i, key := range keys {
		values[i] = fmt.Sprintf("attributes ->> %s::text", b.arg(key))
	}
	return "coalesce(" + strings.Join(values, ", ") + ", '')"
}

func (b *builder) firstNumber(keys []string) string {
	values := make([]string, len(keys))
	for i, key := range keys {
		place := b.arg(key) + "::text"
		values[i] = fmt.Sprintf("CASE jsonb_typeof(attributes -> %s) WHEN 'number' THEN (attributes -> %s)::float8 END", place, place)
	}
	return "coalesce(" + strings.Join(values, ", ") + ")"
}

// plainNumber is what both JSON and PostgreSQL read as a number.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?$`)

// objects are what the attributes contain when the value of a key reads like a text: the text itself, and the
// number or boolean that is written so.
func objects(key, text string) []string {
	values := []any{text}
	switch {
	case text == "true" || text == "false":
		values = append(values, text == "true")
	case plainNumber.MatchString(text):
		values = append(values, json.Number(text))
	}
	all := make([]string, len(values))
	for i, value := range values {
		object, err := json.Marshal(map[string]any{key: value})
		if err != nil { // texts and numbers that were read can be written
			continue
		}
		all[i] = string(object)
	}
	return all
}

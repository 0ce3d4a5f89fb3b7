package ingest

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
)

// Field is a further field of an event, by the name that searches use. Its value is a string or a float64.
type Field struct {
	Name  string
	Value any
}

// contextFields are read from the contexts, as texts whatever scalars they are.
var contextFields = map[string]map[string]string{
	"app": {"in_foreground": "app.in_foreground"},
	"device": {
		"arch": "device.arch", "battery_level": "device.battery_level", "brand": "device.brand", "charging": "device.charging",
		"locale": "device.locale", "model_id": "device.model_id", "name": "device.name", "online": "device.online",
		"orientation": "device.orientation", "screen_density": "device.screen_density", "screen_dpi": "device.screen_dpi",
		"screen_height_pixels": "device.screen_height_pixels", "screen_width_pixels": "device.screen_width_pixels",
		"simulator": "device.simulator", "uuid": "device.uuid",
	},
	"os": {
		"build": "os.build", "kernel_version": "os.kernel_version", "distribution_name": "os.distribution.name",
		"distribution_version": "os.distribution.version",
	},
	"response": {"status_code": "http.status_code"},
	"unreal":   {"crash_type": "unreal.crash_type"},
}

var geoFields = []string{"city", "country_code", "region", "subdivision"}

// searchFields reads the fields that few events have.
func searchFields(event map[string]any) []Field {
	f := fieldReader{}
	contexts := objectOrNil(event["contexts"])
	for name := range contexts {
		for key, value := range objectOrNil(contexts[name]) {
			if field := contextFields[name][key]; field != "" {
				f.scalar(field, value)
			}
		}
	}
	geo := objectOrNil(objectOrNil(event["user"])["geo"])
	for _, key := range geoFields {
		f.scalar("geo."+key, geo[key])
	}
	f.id("replay.id", objectOrNil(contexts["replay"])["replay_id"])
	f.id("profile.id", objectOrNil(contexts["profile"])["profile_id"])
	if parent, ok := readSpanID(objectOrNil(contexts["trace"])["parent_span_id"]); ok {
		f.text("trace.parent_span", parent)
	}
	request := objectOrNil(event["request"])
	f.scalar("http.method", request["method"])
	f.scalar("http.referer", header(request["headers"], "referer"))
	f.measurements(event)
	return f.sorted()
}

type fieldReader map[string]any

func (f fieldReader) text(name, value string) {
	if value = Clean(value, MaxFieldLength); value != "" {
		f[name] = value
	}
}

func (f fieldReader) scalar(name string, value any) {
	if text, ok := scalarText(value); ok {
		f.text(name, text)
	}
}

// id takes the plain form of a UUID, and what is none as it is.
func (f fieldReader) id(name string, value any) {
	text := stringOrEmpty(value)
	if id, ok := ParseID(text); ok {
		text = id.String()
	}
	f.text(name, text)
}

// measurements reads what the sender measured, how long the kinds of spans took, and how long it took altogether.
// Durations are in milliseconds.
func (f fieldReader) measurements(event map[string]any) {
	began, isBegun := parseTime(event["start_timestamp"])
	if ended, isEnded := parseTime(event["timestamp"]); isBegun && isEnded && !ended.Before(began) {
		f["transaction.duration"] = float64(ended.Sub(began).Microseconds()) / 1000
	}
	f.numbers("measurements.", event["measurements"])
	f.numbers("spans.", objectOrNil(event["breakdowns"])["span_ops"])
}

func (f fieldReader) numbers(prefix string, values any) {
	object := objectOrNil(values)
	left := MaxMeasurements
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := strings.TrimPrefix(key, "ops.")
		value, ok := measurement(object[key])
		if ok && left > 0 && name != "" && len(name) <= MaxFieldLength {
			f[prefix+name], left = value, left-1
		}
	}
}

// perMillisecond are the units of durations; values in others stay as they are.
var perMillisecond = map[string]float64{
	"nanosecond": 1e-6, "microsecond": 1e-3, "second": 1e3, "minute": 6e4, "hour": 3.6e6, "day": 8.64e7, "week": 6.048e8,
}

func measurement(value any) (float64, bool) {
	object := objectOrNil(value)
	number, ok := object["value"].(json.Number)
	if !ok {
		return 0, false
	}
	n, err := number.Float64()
	if factor, known := perMillisecond[stringOrEmpty(object["unit"])]; known {
		n *= factor
	}
	return n, err == nil && !math.IsInf(n, 0)
}

// header reads headers as an object or as a list of pairs, whatever the case of their names.
func header(headers any, name string) any {
	for key, value := range objectOrNil(headers) {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	list, _ := headers.([]any)
	for _, element := range list {
		if pair, ok := element.([]any); ok && len(pair) == 2 && strings.EqualFold(stringOrEmpty(pair[0]), name) {
			return pair[1]
		}
	}
	return nil
}

func (f fieldReader) sorted() []Field {
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fields = append(fields, Field{name, f[name]})
	}
	return fields
}

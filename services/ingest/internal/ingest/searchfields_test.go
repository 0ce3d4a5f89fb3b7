package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decoded(t *testing.T, event string) map[string]any {
	t.Helper()
	object, err := DecodeObject([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func TestFieldsForSearchesAreReadFromWhereSendersPutThem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 300)
	got := searchFields(decoded(t, `{
		"timestamp": "2026-11-22T12:00:01.5Z", "start_timestamp": 1795348800,
		"contexts": {
			"app": {"in_foreground": true}, "device": {"arch": "arm64", "battery_level": 87.5, "online": false, "name": "`+long+`",
			"brand": null, "locale": {"not": "a scalar"}, "memory_size": 1024},
			"os": {"build": "21A", "kernel_version": "6.1", "distribution_name": "ubuntu", "distribution_version": "22.04"},
			"replay": {"replay_id": "0AF76519-16cd-43dd-8448-eb211c80319c"}, "profile": {"profile_id": "not a UUID"},
			"trace": {"parent_span_id": "00F067AA0BA902B7"}, "response": {"status_code": 503}, "unreal": {"crash_type": "Assert"}
		},
		"user": {"geo": {"city": "Wien", "country_code": "AT", "region": "Austria", "subdivision": "Wien"}},
		"request": {"method": "POST", "headers": [["Accept", "*/*"], ["REFERER", "https://shop/"]]},
		"measurements": {"lcp": {"value": 2.5, "unit": "second"}, "cls": {"value": 0.25}, "bad": {"value": "text"}, "worse": 7,
			"far": {"value": 1e308, "unit": "week"}},
		"breakdowns": {"span_ops": {"ops.db": {"value": 12, "unit": "millisecond"}, "total.time": {"value": 30}}}
	}`))
	want := []Field{
		{"app.in_foreground", "true"},
		{"device.arch", "arm64"},
		{"device.battery_level", "87.5"},
		{"device.name", strings.Repeat("ü", MaxFieldLength)},
		{"device.online", "false"},
		{"geo.city", "Wien"},
		{"geo.country_code", "AT"},
		{"geo.region", "Austria"},
		{"geo.subdivision", "Wien"},
		{"http.method", "POST"},
		{"http.referer", "https://shop/"},
		{"http.status_code", "503"},
		{"measurements.cls", 0.25},
		{"measurements.lcp", 2500.0},
		{"os.build", "21A"},
		{"os.distribution.name", "ubuntu"},
		{"os.distribution.version", "22.04"},
		{"os.kernel_version", "6.1"},
		{"profile.id", "not a UUID"},
		{"replay.id", "0af7651916cd43dd8448eb211c80319c"},
		{"spans.db", 12.0},
		{"spans.total.time", 30.0},
		{"trace.parent_span", "00f067aa0ba902b7"},
		{"transaction.duration", 1500.0},
		{"unreal.crash_type", "Assert"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExceptionsForSearches(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, c := range map[string]struct {
		event string
		want  Errors
	}{
		"none": {`{"message": "hello"}`, Errors{}},
		"a chain": {
			`{"exception": {"values": [
				{"type": "KeyError", "value": "'a'", "mechanism": {"type": "chained", "handled": true}},
				{"type": "KeyError", "value": 7, "mechanism": {"type": "generic", "handled": false}}, {"type": null, "mechanism": null}]}}`,
			Errors{Types: []string{"KeyError"}, Values: []string{"'a'", "7"}, Mechanisms: []string{"chained", "generic"}, Unhandled: true},
		},
		"handled is null": {`{"exception": [{"type": "E", "mechanism": {"handled": null}}]}`, Errors{Types: []string{"E"}}},
		"on the main thread": {
			`{"exception": [{"type": "E", "thread_id": 1}], "threads": {"values": [{"id": "1", "main": true}, {"id": 2}]}}`,
			Errors{Types: []string{"E"}, MainThread: &yes},
		},
		"on another thread": {
			`{"exception": [{"type": "E", "thread_id": 2}], "threads": {"values": [{"id": 1, "main": true}, {"id": 2}]}}`,
			Errors{Types: []string{"E"}, MainThread: &no},
		},
		"on a thread that nobody knows": {
			`{"exception": [{"type": "E", "thread_id": 3}], "threads": {"values": [{"id": 1, "main": true}]}}`, Errors{Types: []string{"E"}},
		},
	} {
		if diff := cmp.Diff(c.want, readErrors(decoded(t, c.event))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestStacksForSearches(t *testing.T) {
	t.Parallel()
	frame := func(n int) string { return fmt.Sprintf(`{"function": "f%03d"}`, n) }
	many := []string{}
	kept := Stack{Levels: []int32{0}}
	for n := range MaxFrames + 100 {
		many = append(many, frame(n))
		if n < MaxFrames/2 || n >= MaxFrames/2+100 {
			kept.Functions = append(kept.Functions, fmt.Sprintf("f%03d", n))
		}
	}
	for name, c := range map[string]struct {
		event string
		want  Stack
	}{
		"none": {`{"stacktrace": {"frames": []}}`, Stack{}},
		"exceptions, not what is beside them": {
			`{"exception": {"values": [{}, {"stacktrace": {"frames": [
				{"filename": "b.py", "abs_path": "/b.py", "function": "g", "module": "m", "package": "p", "lineno": 12, "colno": 3, "in_app": true},
				{"filename": "a.py", "function": "f", "lineno": 7, "in_app": false}, {"filename": "a.py", "function": "f", "lineno": -1, "colno": 9999999999}, null]}}]},
			"stacktrace": {"frames": [{"function": "bare"}]}, "threads": [{"crashed": true, "stacktrace": {"frames": [{"function": "thread"}]}}]}`,
			Stack{
				AbsPaths: []string{"/b.py"}, Filenames: []string{"a.py", "b.py"}, Functions: []string{"f", "g"}, Modules: []string{"m"},
				Packages: []string{"p"}, Lines: []int32{7, 12}, Columns: []int32{3}, Levels: []int32{1}, InApp: true, NotInApp: true,
			},
		},
		"the bare one": {`{"exception": [{"type": "E"}], "stacktrace": {"frames": [{"function": "bare"}]}}`, Stack{Functions: []string{"bare"}, Levels: []int32{0}}},
		"threads that ran": {
			`{"threads": [{"stacktrace": {"frames": [{"function": "idle"}]}}, {"current": true, "stacktrace": {"frames": [{"function": "running"}]}}]}`,
			Stack{Functions: []string{"running"}, Levels: []int32{0}},
		},
		"too many": {`{"stacktrace": {"frames": [` + strings.Join(many, ",") + `]}}`, kept},
	} {
		if diff := cmp.Diff(c.want, readStack(decoded(t, c.event))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

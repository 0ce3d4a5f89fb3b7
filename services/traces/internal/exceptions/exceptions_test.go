package exceptions

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

func TestStackTracesOfTheLanguages(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/stacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(content), "\n== ")[1:]
	if len(cases) < 10 {
		t.Fatalf("%d cases", len(cases))
	}
	for i, text := range cases {
		language, rest, _ := strings.Cut(text, "\n")
		stack, want, _ := strings.Cut(rest, "\n--\n")
		t.Run(fmt.Sprintf("%d %s", i, language), func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, one := range parse(stack, strings.TrimSpace(language)) {
				lines := []string{one.kind + " | " + one.message}
				for _, f := range one.frames {
					file := f.AbsPath
					if file == "" {
						file = f.Filename
					}
					line := f.Module + " " + f.Function
					if file != "" {
						line += fmt.Sprintf(" %s %d", file, f.Line)
					}
					if f.Column > 0 {
						line += fmt.Sprintf(" %d", f.Column)
					}
					lines = append(lines, line)
				}
				got = append(got, strings.Join(lines, "\n"))
			}
			if diff := cmp.Diff(strings.TrimRight(want, "\n"), strings.Join(got, "\n\n")); diff != "" {
				t.Errorf("of\n%s\n%s", stack, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	content, err := os.ReadFile("testdata/stacks.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range strings.Split(string(content), "\n== ") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for language := range parsers {
			for _, one := range parse(text, language) {
				if len(one.frames) > maxFrames {
					t.Errorf("%d frames", len(one.frames))
				}
			}
		}
	})
}

func TestAnExceptionBecomesAnErrorEvent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.UTC)
	span := traces.Span{
		TraceID: traces.TraceID{1}, SpanID: traces.SpanID{2}, ParentID: traces.SpanID{3}, Op: "http.server", Status: 13,
		Transaction: "GET /cart", Service: "shop", Environment: "production", Release: "shop@1", User: "id:42", SDKName: "opentelemetry.python",
		EndNanos: at.Add(time.Second).UnixNano(),
		Attributes: traces.Attributes{
			"resource.telemetry.sdk.language": "python", "resource.telemetry.sdk.version": "1.30.0", "resource.host.name": "web-1",
		},
		Events: []traces.Event{
			{Name: "log"},
			{Name: "exception", TimeNanos: at.UnixNano(), Attributes: traces.Attributes{
				"exception.type": "ValueError", "exception.message": "no", "exception.escaped": true, "attempt": int64(3),
				"exception.stacktrace": "Traceback (most recent call last):\n  File \"/app/a.py\", line 3, in f\nValueError: no",
			}},
			{Name: "exception", Attributes: traces.Attributes{"exception.message": "only a text"}},
			{Name: "exception", Attributes: traces.Attributes{"nothing": "told"}},
		},
	}
	events := Of(&span)
	if len(events) != 2 {
		t.Fatalf("%d events, want 2", len(events))
	}
	var got map[string]any
	if err := json.Unmarshal(events[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"event_id": fmt.Sprintf("%x", events[0].ID), "timestamp": "2026-03-01T12:00:00.123456789Z", "level": "error", "platform": "python",
		"environment": "production", "release": "shop@1", "transaction": "GET /cart", "server_name": "web-1",
		"tags": map[string]any{"service": "shop"}, "user": map[string]any{"id": "42"}, "sdk": map[string]any{"name": "opentelemetry.python", "version": "1.30.0"},
		"extra": map[string]any{"attempt": 3.0},
		"contexts": map[string]any{"trace": map[string]any{
			"trace_id": span.TraceID.String(), "span_id": span.SpanID.String(), "parent_span_id": span.ParentID.String(),
			"op": "http.server", "status": "internal_error",
		}},
		"exception": map[string]any{"values": []any{map[string]any{
			"type": "ValueError", "value": "no", "mechanism": map[string]any{"type": "otel", "handled": false},
			"stacktrace": map[string]any{"frames": []any{map[string]any{
				"function": "f", "filename": "/app/a.py", "abs_path": "/app/a.py", "lineno": 3.0, "in_app": true,
			}}},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(events[1].Body), `"timestamp":"2026-03-01T12:00:01.123456789Z"`) {
		t.Errorf("an exception without a time has not the span's: %s", events[1].Body)
	}
	again := Of(&span)
	if diff := cmp.Diff(events, again); diff != "" {
		t.Errorf("made again it differs: %s", diff)
	}
	span.SpanID[7]++
	if other := Of(&span); other[0].ID == events[0].ID || events[0].ID == events[1].ID {
		t.Error("two exceptions have the same id")
	}
}

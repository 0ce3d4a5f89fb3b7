// Package exceptions makes error events of the exceptions that spans tell of.
package exceptions

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/picket-io/picket/services/traces/internal/traces"
)

// namespace makes the ids of error events. A repeat of a span has to make the same ids, so it never changes.
var namespace = uuid.MustParse("6c1d0a5e-3a1f-4be6-9a43-2f0a4f6f5b7d")

const (
	eventName     = "exception"
	maxExceptions = 100 // of one span
)

// platforms are those of Picket by the language of OpenTelemetry's SDK.
var platforms = map[string]string{
	"go": "go", "java": "java", "python": "python", "nodejs": "node", "webjs": "javascript", "dotnet": "csharp", "ruby": "ruby", "php": "php",
}

var userKeys = map[string]string{"id": "id", "email": "email", "username": "username", "ip": "ip_address"}

// Of gives an error event for each exception of a span. They have the time of the span's event, and the span's own end where
// that has none.
func Of(s *traces.Span) []traces.ErrorEvent {
	var events []traces.ErrorEvent
	for i := range s.Events {
		e := &s.Events[i]
		if e.Name != eventName || len(events) == maxExceptions {
			continue
		}
		values := valuesOf(e.Attributes, language(s))
		if len(values) == 0 {
			continue
		}
		id := uuid.NewSHA1(namespace, fmt.Appendf(nil, "%s %s %d", s.TraceID, s.SpanID, i))
		body, err := json.Marshal(bodyOf(s, e, id, values))
		if err != nil { // attributes were made such that JSON can hold them
			continue
		}
		events = append(events, traces.ErrorEvent{ID: id, Body: body})
	}
	return events
}

func language(s *traces.Span) string {
	text, _ := s.Attributes["resource.telemetry.sdk.language"].(string)
	return text
}

func bodyOf(s *traces.Span, e *traces.Event, id uuid.UUID, values []value) map[string]any {
	nanos := e.TimeNanos
	if nanos <= 0 {
		nanos = s.EndNanos
	}
	trace := map[string]any{"trace_id": s.TraceID.String(), "span_id": s.SpanID.String(), "op": s.Op, "status": s.Status.String()}
	if !s.ParentID.IsZero() {
		trace["parent_span_id"] = s.ParentID.String()
	}
	body := map[string]any{
		"event_id": hex.EncodeToString(id[:]), "timestamp": time.Unix(0, nanos).UTC().Format(time.RFC3339Nano), "level": "error",
		"platform": "other", "contexts": map[string]any{"trace": trace}, "exception": map[string]any{"values": values},
	}
	if platform, known := platforms[language(s)]; known {
		body["platform"] = platform
	}
	host, _ := s.Attributes["resource.host.name"].(string)
	for key, text := range map[string]string{"environment": s.Environment, "release": s.Release, "transaction": s.Transaction, "server_name": host} {
		if text != "" {
			body[key] = text
		}
	}
	if s.Service != "" {
		body["tags"] = map[string]any{"service": s.Service}
	}
	if kind, text, _ := strings.Cut(s.User, ":"); userKeys[kind] != "" {
		body["user"] = map[string]any{userKeys[kind]: text}
	}
	if s.SDKName != "" {
		version, _ := s.Attributes["resource.telemetry.sdk.version"].(string)
		body["sdk"] = map[string]any{"name": s.SDKName, "version": version} // ingest wants both
	}
	extra := map[string]any{}
	for key, of := range e.Attributes {
		if !strings.HasPrefix(key, "exception.") {
			extra[key] = of
		}
	}
	if len(extra) > 0 {
		body["extra"] = extra
	}
	return body
}

// value is one exception of an event. Those that caused it come before it.
type value struct {
	Type       string         `json:"type,omitempty"`
	Value      string         `json:"value,omitempty"`
	Mechanism  map[string]any `json:"mechanism,omitempty"`
	Stacktrace *stacktrace    `json:"stacktrace,omitempty"`
}

type stacktrace struct {
	Frames []frame `json:"frames"`
}

// frame is a call. Those that were called come last.
type frame struct {
	Module   string `json:"module,omitempty"`
	Function string `json:"function,omitempty"`
	Filename string `json:"filename,omitempty"`
	AbsPath  string `json:"abs_path,omitempty"`
	Line     int    `json:"lineno,omitempty"`
	Column   int    `json:"colno,omitempty"`
	Context  string `json:"context_line,omitempty"`
	InApp    bool   `json:"in_app"` // the rules about stack frames know better
}

// valuesOf are the exception and what caused it; none when nothing is told of it. A stack trace that is not understood is
// part of the text.
func valuesOf(attributes traces.Attributes, language string) []value {
	text := func(key string) string {
		of, _ := attributes[key].(string)
		return of
	}
	outer := value{Type: text("exception.type"), Value: text("exception.message")}
	raw := text("exception.stacktrace")
	if outer.Type == "" && outer.Value == "" && raw == "" {
		return nil
	}
	thrown := parse(raw, language)
	if len(thrown) == 0 && raw != "" && outer.Value == "" {
		outer.Value = raw
	}
	var values []value
	for i, t := range thrown {
		v := value{Type: t.kind, Value: t.message}
		if i == len(thrown)-1 {
			if outer.Type == "" {
				outer.Type, outer.Value = t.kind, t.message
			}
			v = outer
		}
		if len(t.frames) > 0 {
			v.Stacktrace = &stacktrace{Frames: t.frames}
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		values = []value{outer}
	}
	mechanism := map[string]any{"type": "otel"}
	if escaped, told := attributes["exception.escaped"].(bool); told {
		mechanism["handled"] = !escaped
	}
	values[len(values)-1].Mechanism = mechanism
	return values
}

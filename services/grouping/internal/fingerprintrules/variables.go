package fingerprintrules

import (
	"path"
	"regexp"
	"strings"

	"github.com/picket-io/picket/services/grouping/internal/errorevent"
)

var wholeVariable = regexp.MustCompile(`^\{\{\s*(\S+?)\s*\}\}$`)

// IsDefault tells whether a part of a fingerprint stands for what would be hashed without a fingerprint.
func IsDefault(part string) bool {
	m := wholeVariable.FindStringSubmatch(part)
	return m != nil && m[1] == "default"
}

// Resolve replaces the parts that are variables by their values. {{ default }} and unknown variables stay.
func Resolve(parts []string, event *errorevent.Event) []string {
	resolved := make([]string, len(parts))
	for i, part := range parts {
		resolved[i] = part
		if m := wholeVariable.FindStringSubmatch(part); m != nil {
			if value, ok := valueOf(m[1], event); ok {
				resolved[i] = value
			}
		}
	}
	return resolved
}

var anyVariable = regexp.MustCompile(`\{\{\s*(\S+?)\s*\}\}`)

// Expand replaces variables anywhere in a template.
func Expand(template string, event *errorevent.Event) string {
	return anyVariable.ReplaceAllStringFunc(template, func(variable string) string {
		if value, ok := valueOf(anyVariable.FindStringSubmatch(variable)[1], event); ok {
			return value
		}
		return variable
	})
}

// valueOf gives the value of a variable, or a text that says which one the event lacks.
func valueOf(name string, event *errorevent.Event) (value string, known bool) {
	if key, ok := strings.CutPrefix(name, tagPrefix); ok {
		return orElse(event.Tags[key], "<no-value-for-tag-"+key+">"), true
	}
	switch name {
	case "transaction":
		return orElse(event.Transaction, "<no-transaction>"), true
	case "message":
		return orElse(message(event), "<no-message>"), true
	case "level":
		return orElse(event.Level, "<no-level>"), true
	case "logger":
		return orElse(event.Logger, "<no-logger>"), true
	case "type", "error.type":
		return orElse(exception(event).Type, "<no-type>"), true
	case "value", "error.value":
		return orElse(exception(event).Value, "<no-value>"), true
	default:
		return frameValue(name, event)
	}
}

func frameValue(name string, event *errorevent.Event) (value string, known bool) {
	frame := event.CrashFrame()
	if frame == nil {
		frame = &errorevent.Frame{}
	}
	switch name {
	case "function", "stack.function":
		return orElse(frame.Function, "<no-function>"), true
	case "path", "stack.abs_path":
		return orElse(frame.AbsPath, "<no-abs-path>"), true
	case "stack.filename":
		return orElse(frame.Filename, "<no-filename>"), true
	case "module", "stack.module":
		return orElse(frame.Module, "<no-module>"), true
	case "package", "stack.package":
		if frame.Package == "" {
			return "<no-package>", true
		}
		return path.Base(strings.ReplaceAll(frame.Package, `\`, "/")), true
	default:
		return "", false
	}
}

func message(event *errorevent.Event) string {
	return orElse(event.Message.Text(), exception(event).Value)
}

func exception(event *errorevent.Event) errorevent.Exception {
	if last := event.LastException(); last != nil {
		return *last
	}
	return errorevent.Exception{}
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

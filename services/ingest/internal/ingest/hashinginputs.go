package ingest

import (
	"encoding/json"
	"math"
	"strconv"
)

// Parts of an event that grouping reads to hash it. The rest, such as the variables of frames, stays here.
var (
	logentryKeys  = []string{"message", "formatted"}
	hostKeys      = []string{"hostname"}
	exceptionKeys = []string{"type", "value"}
	mechanismKeys = []string{"type", "synthetic", "is_exception_group", "exception_id", "parent_id"}
	threadKeys    = []string{"crashed", "current"}
	frameKeys     = []string{
		"abs_path", "package", "module", "filename", "function", "raw_function", "context_line", "in_app", "lineno", "colno",
		"platform",
	}
	partKeys = map[string][]string{
		"logentry": logentryKeys, "message": logentryKeys, "hpkp": hostKeys, "expectct": hostKeys, "expectstaple": hostKeys,
		"template": {"filename", "context_line"}, "csp": {"effective_directive", "violated_directive", "blocked_uri"},
		"request": {"url"},
	}
)

// hashingInputs takes them out of a checked event, all scalars as texts, doubles and booleans.
func hashingInputs(event map[string]any) map[string]any {
	inputs := scalars(event, []string{"logger", "culprit"})
	if text, ok := scalarText(event["message"]); ok && event["message"] != nil {
		inputs["message"] = text
	}
	for key, kept := range partKeys {
		if object := objectOrNil(event[key]); object != nil {
			inputs[key] = scalars(object, kept)
		}
	}
	if stack := stacktraceInputs(event["stacktrace"]); stack != nil {
		inputs["stacktrace"] = stack
	}
	if list := stackedInputs(event["exception"], exceptionKeys); list != nil {
		inputs["exception"] = list
	}
	if list := stackedInputs(event["threads"], threadKeys); list != nil {
		inputs["threads"] = list
	}
	return inputs
}

// stackedInputs reads exceptions and threads.
func stackedInputs(value any, kept []string) []any {
	var list []any
	for _, object := range objectsOf(value) {
		part := scalars(object, kept)
		if stack := stacktraceInputs(object["stacktrace"]); stack != nil {
			part["stacktrace"] = stack
		}
		if mechanism := objectOrNil(object["mechanism"]); mechanism != nil {
			inputs := scalars(mechanism, mechanismKeys)
			if nsError := objectOrNil(objectOrNil(mechanism["meta"])["ns_error"]); nsError != nil {
				inputs["meta"] = map[string]any{"ns_error": scalars(nsError, []string{"domain", "code"})}
			}
			part["mechanism"] = inputs
		}
		list = append(list, part)
	}
	return list
}

func stacktraceInputs(value any) map[string]any {
	stack := objectOrNil(value)
	if stack == nil {
		return nil
	}
	frames := []any{}
	for _, object := range objectsOf(stack["frames"]) {
		frame := scalars(object, frameKeys)
		if objectOrNil(object["data"])["sourcemap"] != nil {
			frame["data"] = map[string]any{"sourcemap": true}
		}
		frames = append(frames, frame)
	}
	return map[string]any{"frames": frames}
}

// scalars picks fields. Lists and objects, which no sender means there, are written as JSON.
func scalars(object map[string]any, keys []string) map[string]any {
	picked := make(map[string]any, len(keys))
	for _, key := range keys {
		switch v := object[key].(type) {
		case nil:
		case string, bool:
			picked[key] = v
		case json.Number:
			picked[key] = double(v)
		default:
			picked[key] = string(appendTree(nil, v))
		}
	}
	return picked
}

// double gives a number that no double holds exactly as a text.
func double(number json.Number) any {
	const exact = 15 // digits
	f, err := number.Float64()
	if err != nil || math.Abs(f) >= 1e15 || len(number.String()) > exact {
		return number.String()
	}
	return f
}

// objectsOf reads a list of objects: bare, below `values`, or a single one.
func objectsOf(value any) []map[string]any {
	list, isList := value.([]any)
	if object := objectOrNil(value); object != nil {
		inner, wrapped := object["values"]
		if !wrapped {
			return []map[string]any{object}
		}
		list, isList = inner.([]any)
	}
	if !isList {
		return nil
	}
	var objects []map[string]any
	for _, element := range list {
		if object := objectOrNil(element); object != nil {
			objects = append(objects, object)
		}
	}
	return objects
}

func numberOf(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

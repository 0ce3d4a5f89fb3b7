package ingest

import (
	"maps"
	"regexp"

	"github.com/picket-io/picket/pkg/fault"
)

// checkEvent holds an event against the schema of today and, when that refuses it, against the one of old senders.
// It says whether only the latter accepts it; an error speaks of the former.
func checkEvent(event map[string]any) (byLegacy bool, err error) {
	violation := below("event", modernEvent(event))
	if violation == nil {
		return false, nil
	}
	if legacyEvent(event) == nil {
		return true, nil
	}
	return false, fault.InvalidRequest(*violation)
}

var (
	textOrNull   = orNull(isText)
	objectOrNull = orNull(isObject)
	textMap      = object(nil, nil, textOrNull)
	contextMap   = object(nil, nil, objectOrNull)
)

// modernEvent refuses no key that it does not know. Null stands for an absent optional part.
var modernEvent = object([]string{"event_id", "platform", "project_id", "timestamp"}, modernFields, anything)

// errorEvent is held against the same rules, except that breadcrumbs may be a bare list.
var errorEvent = func() rule {
	fields := maps.Clone(modernFields)
	fields["breadcrumbs"] = orNull(either(fields["breadcrumbs"], isList))
	return object([]string{"timestamp"}, fields, anything)
}()

var modernFields = map[string]rule{
	"event_id":    isText,
	"platform":    isText,
	"project_id":  isInteger,
	"timestamp":   either(isText, isNumber),
	"received":    orNull(either(isText, isNumber)),
	"tags":        orNull(either(textMap, listOf(pairOf(textOrNull)))),
	"level":       orNull(oneOf("debug", "info", "warning", "error", "fatal", "sample")),
	"environment": textOrNull,
	"release":     textOrNull,
	"dist":        textOrNull,
	"server_name": textOrNull,
	"transaction": textOrNull,
	"trace_id":    textOrNull,
	"user":        orNull(modernUser),
	"request":     objectOrNull,
	"contexts":    orNull(contextMap),
	"breadcrumbs": orNull(object([]string{"values"}, nil, anything)),
	"stacktrace":  orNull(object([]string{"frames"}, map[string]rule{"frames": orNull(isList)}, anything)),
	"sdk":         orNull(object([]string{"name", "version"}, map[string]rule{"name": isText, "version": isText}, anything)),
	"modules":     orNull(textMap),
	"extra":       objectOrNull,
	"debug_meta":  orNull(object(nil, map[string]rule{"images": orNull(isList)}, anything)),
}

var modernUser = object(nil, map[string]rule{
	"id": textOrNull, "email": textOrNull, "ip_address": textOrNull, "username": textOrNull, "name": textOrNull,
	"segment": textOrNull,
}, anything)

var threeNumbers = regexp.MustCompile(`^\d+\.\d+\.\d+`)

var isVersion = leaf("a version such as 1.2.3", func(v any) bool {
	text, ok := v.(string)
	return ok && threeNumbers.MatchString(text)
})

// legacyEvent knows every field that it takes.
var legacyEvent = object(
	[]string{"event_id", "level", "platform", "project_id", "tags", "timestamp"},
	map[string]rule{
		"event_id":    isFilled,
		"level":       isFilled,
		"platform":    isFilled,
		"project_id":  isInteger,
		"tags":        isObject,
		"timestamp":   isFilled,
		"received":    isFilled,
		"environment": isFilled,
		"release":     isFilled,
		"server_name": isFilled,
		"transaction": isFilled,
		"trace_id":    isFilled,
		"dist":        object(nil, map[string]rule{"dist": isFilled, "release": isFilled}, anything),
		"user":        object(nil, map[string]rule{"id": isFilled, "email": isFilled, "ip_address": isFilled, "username": isFilled}, anything),
		"request":     legacyRequest,
		"contexts":    object(nil, nil, isObject),
		"breadcrumbs": isList,
		"stacktrace":  legacyStacktrace,
		"sdk":         object([]string{"name", "version"}, map[string]rule{"name": isFilled, "version": isVersion, "packages": isObject}, anything),
		"modules":     object(nil, nil, isFilled),
		"extra":       isObject,
		"debug_meta":  isObject,
	}, unknown)

var legacyStacktrace = object(nil, map[string]rule{
	"frames": isList, "frames_omitted": anything, "registers": anything, "lang": anything, "snapshot": anything,
}, unknown)

var legacyRequest = object(nil, map[string]rule{
	"url": isFilled, "method": isFilled, "data": anything, "query_string": anything, "cookies": anything,
	"headers": anything, "env": anything, "fragment": anything, "inferred_content_type": anything,
}, unknown)

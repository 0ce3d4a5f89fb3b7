package ingest

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/picket-io/picket/pkg/issue"
)

// SearchableEvent is what searches read of an event, cut to the limits.
type SearchableEvent struct {
	Time        time.Time // the event's own timestamp; zero when it is no time
	Platform    string
	Level       issue.Level
	Environment string
	Release     string
	Dist        string
	Message     string
	Transaction string
	User        User
	TraceID     string
	SpanID      string
	Tags        []Tag
	SDKName     string
	SDKVersion  string
	Fields      []Field
	Errors      Errors
	Stack       Stack
}

// User is who was affected.
type User struct{ ID, Email, Username, IPAddress string }

// Searchable takes the searchable part out of a checked event.
func Searchable(event map[string]any) SearchableEvent {
	seen, _ := parseTime(event["timestamp"])
	sdk, user := objectOrNil(event["sdk"]), objectOrNil(event["user"])
	traceID, spanID := traceIDs(event)
	return SearchableEvent{
		Time:        seen,
		Platform:    field(event, "platform", MaxPlatform),
		Environment: field(event, "environment", MaxEnvironment),
		Release:     strings.TrimSpace(field(event, "release", MaxRelease)),
		Dist:        dist(event),
		Message:     field(event, "message", MaxSubtitle),
		Transaction: field(event, "transaction", MaxTransaction),
		User: User{
			ID: field(user, "id", MaxUserField), Email: field(user, "email", MaxUserField),
			Username: field(user, "username", MaxUserField), IPAddress: field(user, "ip_address", MaxUserField),
		},
		TraceID:    traceID,
		SpanID:     spanID,
		Tags:       readTags(event["tags"]),
		SDKName:    field(sdk, "name", MaxSDKField),
		SDKVersion: field(sdk, "version", MaxSDKField),
		Fields:     searchFields(event),
		Errors:     readErrors(event),
		Stack:      readStack(event),
	}
}

func field(object map[string]any, key string, limit int) string {
	return Clean(stringOrEmpty(object[key]), limit)
}

// dist is a text, in old events an object that holds it.
func dist(event map[string]any) string {
	if nested := objectOrNil(event["dist"]); nested != nil {
		return field(nested, "dist", MaxDist)
	}
	return field(event, "dist", MaxDist)
}

// traceIDs come from the trace context; some senders put the trace's id at the top.
func traceIDs(event map[string]any) (traceID, spanID string) {
	trace := objectOrNil(objectOrNil(event["contexts"])["trace"])
	for _, candidate := range []any{trace["trace_id"], event["trace_id"]} {
		if id, ok := ParseID(stringOrEmpty(candidate)); ok {
			traceID = id.String()
			break
		}
	}
	spanID, _ = readSpanID(trace["span_id"])
	return traceID, spanID
}

// readSpanID reads 16 hexadecimal digits.
func readSpanID(value any) (string, bool) {
	span := strings.ToLower(stringOrEmpty(value))
	if raw, err := hex.DecodeString(span); err != nil || len(raw) != 8 {
		return "", false
	}
	return span, true
}

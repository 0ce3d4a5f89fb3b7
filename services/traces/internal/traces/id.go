package traces

import "encoding/hex"

// TraceID identifies a trace within an organization. Clients choose it.
type TraceID [16]byte

// SpanID identifies a span within a trace. The zero value stands for no span.
type SpanID [8]byte

// String is 32 lower-case hexadecimal digits.
func (id TraceID) String() string { return hex.EncodeToString(id[:]) }

// String is 16 lower-case hexadecimal digits, and empty for no span.
func (id SpanID) String() string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// IsZero tells that there is no trace.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// IsZero tells that there is no span.
func (id SpanID) IsZero() bool { return id == SpanID{} }

// ParseTraceID reads 32 hexadecimal digits.
func ParseTraceID(text string) (id TraceID, ok bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	return TraceID(raw), true
}

// ParseSpanID reads 16 hexadecimal digits.
func ParseSpanID(text string) (id SpanID, ok bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	return SpanID(raw), true
}

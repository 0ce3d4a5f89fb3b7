package fields

// Kind is what a field's values are; it decides how a value is read and which operators it takes.
type Kind int

// The kinds of fields.
const (
	// Text takes = and != and lists.
	Text Kind = iota
	// Number takes all comparisons; the suffixes k, m and b multiply by 10^3, 10^6 and 10^9.
	Number
	// Duration is a number of milliseconds, or a number with a unit (ms s min m hr h day d wk w).
	Duration
	// Size is a number of bytes, or a number with a unit (bit nb bytes kb kib … yb yib).
	Size
	// Percentage is a ratio, or a number with a percent sign.
	Percentage
	// Bool is true, 1, false or 0.
	Bool
	// Date takes comparisons with ISO dates, bare dates (a range) and relative dates.
	Date
	// UUID is 32 hex digits, dashes allowed.
	UUID
	// SpanID is 16 hex digits.
	SpanID
	// Enum takes only the field's Choices.
	Enum
	// Version is a semantic version; it takes comparisons but no lists.
	Version
	// Build is a build number or code; numbers take comparisons.
	Build
)

// Ordered reports whether <, <=, > and >= mean something for the kind. Elsewhere they are part of the text.
func (k Kind) Ordered() bool {
	switch k {
	case Number, Duration, Size, Percentage, Date, Version, Build:
		return true
	}
	return false
}

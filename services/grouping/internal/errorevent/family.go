package errorevent

// Family is a group of platforms with the same rules.
type Family string

// The families.
const (
	JavaScript Family = "javascript"
	Native     Family = "native"
	Other      Family = "other"
)

// FamilyOf gives the family of a platform.
func FamilyOf(platform string) Family {
	switch platform {
	case "javascript", "node":
		return JavaScript
	case "native", "c", "cocoa", "objc", "swift":
		return Native
	default:
		return Other
	}
}

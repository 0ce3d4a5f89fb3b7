package grouping

import "strings"

// normalizedSDK is the family of an SDK, for those who count issues by it: of Sentry's own SDKs their language, of those for
// JavaScript and native code the framework or binding too, of which each is a product of its own. All others are one family.
func normalizedSDK(name string) string {
	parts := strings.Split(strings.ToLower(name), ".")
	if len(parts) < 2 || parts[0] != "sentry" || parts[1] == "" {
		return "other"
	}
	kept := 2
	if parts[1] == "javascript" || parts[1] == "native" {
		kept = 3
	}
	return strings.Join(parts[:min(kept, len(parts))], ".")
}
